"""Rewriting through a model that fails in every way: the budget holds, nothing is paid for twice."""

import gc
import random
from pathlib import Path

import msgspec
import pytest
from endpoint import FINE, KEY, Endpoint, Fault, Script, asks, endpoint, settings

from planloom import rewrite as rewriting
from planloom.errors import EndpointError, OutputError, PlanloomError, RecipeError
from planloom.rewrite import Rewritten, answered, answers, estimate, foreseen, rewrite
from planloom.rewrite.spend import most_tokens

AGAIN = (("Retry-After", "0"),)
CUT = Fault(cut=True)
GARBAGE = Fault(body=b"<html>it works</html>")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "FIRST_WAIT", 0.01)
    monkeypatch.setenv("MODEL_KEY", KEY)


def first(fault: Fault, times: int = 1) -> Script:
    return lambda number, text: fault if number < times else FINE


@pytest.mark.parametrize(
    ("fault", "outcome", "billed"),
    [
        (Fault(429, AGAIN), "limited", 0),
        (Fault(500, AGAIN), "failed", 0),
        (Fault(503, AGAIN), "failed", 0),
        (Fault(504, AGAIN), "failed", 1),
        (Fault(sleep=1.0), "timed_out", 1),
        (CUT, "lost", 1),
        (GARBAGE, "garbled", 1),
        (Fault(body=b'{"choices": []}'), "garbled", 1),
        (Fault(body=b'{"choices": [{"message": {"content": ' + b"[" * 100_000), "garbled", 1),
        (Fault(body=b"x" * (5 << 20)), "garbled", 1),
    ],
)
def test_what_passes_is_tried_again(
    tmp_path: Path, fault: Fault, outcome: str, billed: int
) -> None:
    with endpoint(first(fault)) as server:
        chosen = settings(server, timeout_s=0.5, concurrency=1)
        done = rewrite(asks(1), chosen, tmp_path, 1.0)
    assert done.counts == {"rewritten": 1}
    assert server.calls == done.calls == 2
    lines = ledger(tmp_path)
    assert [line["outcome"] for line in lines if "outcome" in line] == [outcome, "answered"]
    assert bool(lines[1]["usd"]) == bool(billed)
    assert server.usd <= done.spent_usd


def ledger(folder: Path) -> list[dict[str, object]]:
    lines = (folder / "calls.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line) for line in lines]


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        (Fault(finish="length"), "truncated"),
        (Fault(content=""), "no_text"),
        (Fault(content="Please book a table at Sunrise Grill, thank you."), "value_lost"),
        (Fault(content="Book 0 seats at Sunrise Grill. " * 20), "too_long"),
        (Fault(content="I'm sorry, but I can't help with that."), "refusal"),
        (Fault(content='"Table for 0 at Sunrise Grill please."'), "quoted"),
    ],
)
def test_an_answer_that_cannot_stand_is_paid_for_once(
    tmp_path: Path, fault: Fault, counted: str
) -> None:
    with endpoint(lambda number, text: fault) as server:
        for _ in range(2):
            done = rewrite(asks(1), settings(server), tmp_path, 1.0)
            assert (done.texts, done.counts) == ({}, {counted: 1})
        assert server.calls == 1
        longer = rewrite(asks(1), settings(server, max_output_tokens=400), tmp_path, 1.0)
        assert longer.calls == (counted == "truncated")


def test_without_usage_all_that_was_set_aside_counts(tmp_path: Path) -> None:
    with endpoint(first(Fault(usage=False), 99)) as server:
        done = rewrite(asks(3), settings(server), tmp_path, 1.0)
    assert done.counts == {"rewritten": 3}
    assert [line["estimated"] for line in ledger(tmp_path) if "usd" in line] == [True] * 3
    assert 0 < server.usd < done.spent_usd


KINDS = (FINE, FINE, FINE, CUT, GARBAGE, Fault(504, AGAIN), Fault(429, AGAIN), Fault(usage=False))


@pytest.mark.parametrize("concurrency", [1, 4, 16])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_endpoint_never_bills_more_than_the_budget(
    tmp_path: Path, concurrency: int, seed: int
) -> None:
    def script(number: int, text: str) -> Fault:
        return random.Random(seed * 1000 + number).choice(KINDS)

    with endpoint(script, 0.005) as server:
        chosen = settings(server, concurrency=concurrency)
        for budget in (0.3, 0.9, 2.0):
            done = rewrite(asks(200), chosen, tmp_path, budget)
            assert done.stopped
            assert server.usd <= done.spent_usd <= budget
        assert budget - done.spent_usd < 0.25  # no more than a call is left over
        assert (server.most_at_once > 1) == (concurrency > 1)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_an_endpoint_that_bills_too_much_is_found_out_by_one_call(
    tmp_path: Path, concurrency: int
) -> None:
    with endpoint(lambda number, text: Fault(times_billed=60.0), 0.01) as server:
        chosen = settings(server, concurrency=concurrency)
        done = rewrite(asks(50), chosen, tmp_path, 2.0)
        assert done.stopped
        assert server.calls > 1
        assert server.usd <= 2.0 + server.dearest
        calls = server.calls
        assert rewrite(asks(50), chosen, tmp_path, 2.0).stopped
        assert server.calls == calls


def test_over_budget_one_line_says_how_to_go_on(tmp_path: Path) -> None:
    with endpoint() as server:
        done = rewrite(asks(50), settings(server), tmp_path, 0.5)
        assert done.line.endswith(
            f"; spent ${done.spent_usd:,.4f} of $0.50; the same command goes on with a larger --max-usd"
        )
        assert done.spent_usd == pytest.approx(server.usd)
        whole = rewrite(asks(50), settings(server), tmp_path, 50.0)
        assert whole.counts == {"rewritten": 50}
        assert whole.cached == done.counts["rewritten"] > 0
        assert whole.line.startswith("50 of 50 requests rewritten") and not whole.stopped
        assert set(server.prompts.values()) == {1}


def test_the_same_texts_in_whatever_order_answers_come(tmp_path: Path) -> None:
    def slow_first(number: int, text: str) -> Fault:
        return Fault(sleep=random.Random(text).random() / 20)

    with endpoint(slow_first) as server:
        one = rewrite(asks(30), settings(server, concurrency=16), tmp_path / "a", 9.0)
        two = rewrite(asks(30), settings(server, concurrency=1), tmp_path / "b", 9.0)
        again = rewrite(asks(30), settings(server, concurrency=2), tmp_path / "a", 9.0)
        assert rewrite(asks(30), settings(server), tmp_path / "a", 9.0, collect=False).texts == {}
        told = [
            (ask.key, text) for ask, text in answered(asks(31), settings(server), tmp_path / "a")
        ]
    assert list(one.texts.items()) == list(two.texts.items()) == list(again.texts.items())
    assert told == [*one.texts.items(), ("k30", None)]
    assert list(one.texts) == [ask.key for ask in asks(30)]
    assert again.calls == 0


def test_equal_prompts_at_once_are_one_call(tmp_path: Path) -> None:
    with endpoint(delay=0.05) as server:
        one, two = asks(2)
        done = rewrite([one, *[two] * 10], settings(server), tmp_path, 9.0)
    assert server.calls == done.calls == 2
    assert done.counts == {"rewritten": 11}


def test_no_tokenizer_makes_more_tokens_than_are_reckoned_with() -> None:
    told = ("system", "\N{DROMEDARY CAMEL}" * 1000), ("user", "a")
    assert most_tokens(told) > 4 * 1000


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    with endpoint() as server, rewriting.Paid(tmp_path):
        with pytest.raises(OutputError, match="another run writes there"):
            rewrite(asks(1), settings(server), tmp_path, 9.0)
        assert server.calls == 0


def refused(server: Endpoint, folder: Path, **changed: object) -> str:
    with pytest.raises(PlanloomError) as caught:
        rewrite(asks(20), settings(server, **changed), folder, 9.0)
    assert caught.value.code == (2 if isinstance(caught.value, RecipeError) else 1)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_one_line_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    echo = b'{"error": {"message": "bad key %s\\nstop"}}' % KEY.encode()
    with endpoint(lambda number, text: Fault(401, body=echo)) as server:
        told = refused(server, tmp_path)
        assert told.endswith("HTTP 401, it says: bad key *** stop; mend the key in MODEL_KEY")
        assert server.calls == 1
        wrong = refused(server, tmp_path, base_url=server.url + "/v2")
        assert "HTTP 404" in wrong and "check base_url and model (m)" in wrong
        monkeypatch.delenv("MODEL_KEY")
        assert refused(server, tmp_path).startswith("MODEL_KEY is not set; set it to the key for")
    with endpoint(lambda number, text: Fault(429, (("Retry-After", "9999"),))) as server:
        assert "asks to wait 9,999 s" in refused(server, tmp_path, key_env=None)
    with endpoint(lambda number, text: Fault(400)) as server:
        assert "HTTP 400, it says: planted; check the settings" in refused(
            server, tmp_path, key_env=None
        )
    assert "no connection; check base_url" in refused(server, tmp_path, key_env=None)


def test_the_key_is_in_no_file_and_no_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(number: int, text: str) -> Fault:
        return (FINE, CUT, Fault(500, AGAIN), Fault(content=f"{text} My key is {KEY}"))[number % 4]

    with endpoint(script) as server:
        rewrite(asks(8), settings(server), tmp_path, 9.0)
    assert server.keys == {f"Bearer {KEY}"}
    shown = "".join(capsys.readouterr()) + (tmp_path / "calls.jsonl").read_text()
    assert "again in" in shown and KEY not in shown


def test_all_workers_may_fail_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def dies(number: int, text: str) -> Fault:
        return Fault(500, AGAIN, sleep=0.1) if number else FINE

    with endpoint(dies) as server:
        refused(server, tmp_path, concurrency=16, retries=0)
    gc.collect()
    assert not caplog.records


def test_a_dead_endpoint_ends_the_run_and_keeps_what_is_paid(tmp_path: Path) -> None:
    def dies(number: int, text: str) -> Fault:
        return FINE if number < 6 else Fault(500, AGAIN)

    with endpoint(dies) as server:
        told = refused(server, tmp_path, concurrency=1, retries=1)
        assert told.endswith(
            "HTTP 500, it says: planted; the same command goes on from here once it is well"
        )
        server.script = lambda number, text: FINE
        done = rewrite(asks(20), settings(server), tmp_path, 9.0)
    assert (done.cached, done.counts) == (6, {"rewritten": 20})


def test_the_estimate_is_what_it_then_costs(tmp_path: Path) -> None:
    with endpoint() as server:
        chosen = settings(server)
        most = foreseen(asks(200), chosen)
        told = estimate(asks(200), chosen, tmp_path, 9.0, 200)
        assert server.calls == 20
        assert told.paid_usd == pytest.approx(server.usd)
        done: Rewritten = rewrite(asks(200), chosen, tmp_path, 99.0)
        assert (done.cached, server.calls) == (20, 200)
        assert told.usd == pytest.approx(server.usd, rel=0.1)
        assert told.usd_low <= told.usd <= told.usd_high < most.usd
        assert server.tokens_in <= most.tokens_in and server.tokens_out <= most.tokens_out
        assert told.yielded == 1.0
        with pytest.raises(RecipeError, match="does not hold the 20 calls"):
            estimate(asks(200), chosen, tmp_path / "other", 0.001, 200)
    with (
        endpoint(lambda number, text: Fault(400)) as server,
        pytest.raises(EndpointError, match="no call of the estimate"),
    ):
        estimate(asks(3), settings(server), tmp_path / "third", 9.0, 200)
