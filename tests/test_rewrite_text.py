"""What a model is told, which answers are taken, which settings and which values of pools."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from endpoint import KEY, Fault, endpoint, settings

from planloom.errors import RecipeError
from planloom.rewrite import Ask, Settings, load
from planloom.rewrite import ask as asking
from planloom.rewrite.faults import Fault as Why
from planloom.rewrite.faults import validated
from planloom.rewrite.pools import harmless, more, prompt
from planloom.rewrite.settings import key_of, known_prices, parse

ASK = Ask(
    "k1",
    "Send the invoice 4711 over 1,250.50 EUR to billing@example.com before Friday, please.",
    keep=("4711", "1,250.50", "billing@example.com"),
    avoid=("send_invoice",),
)
GOOD = "Could you get invoice 4711 (1,250.50 EUR) off to billing@example.com before Friday?"


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ("  \n ", Why.empty),
        (ASK.text, Why.unchanged),
        ("I'm sorry, but I can't help with that request at all.", Why.refusal),
        ("As an AI I do not send invoices to anybody, sorry about that.", Why.refusal),
        (f"Sure! {GOOD}", Why.preamble),
        (f"Here is the rewritten request: {GOOD}", Why.preamble),
        (f"Umformuliert:\n{GOOD}", Why.preamble),
        (f"{GOOD}\n\nNote: the values are kept.", Why.preamble),
        (f"**Task** {GOOD}", Why.markdown),
        (f"- {GOOD}", Why.markdown),
        (f"```\n{GOOD}\n```", Why.markdown),
        (f'"{GOOD}"', Why.quoted),
        (f"„{GOOD}“", Why.quoted),
        ("Send 4711.", Why.too_short),
        (f"{GOOD} {'and please be quick about it ' * 20}", Why.too_long),
        (GOOD.replace("4711", "471"), Why.value_lost),
        (GOOD.replace("4711", "47112"), Why.value_lost),
        (GOOD.replace("1,250.50", "1250.50"), Why.value_lost),
        (GOOD.replace("billing@example.com", "billing"), Why.value_lost),
        (f"{GOOD} Use send_invoice.", Why.word_avoided),
        (f"{GOOD} Use Send_Invoice.", Why.word_avoided),
        (f"{GOOD} It is due in 14 days.", Why.value_added),
        (f"{GOOD} Copy boss@example.com.", Why.value_added),
        ("請在星期五之前把發票4711（1,250.50 歐元）寄到 billing@example.com，謝謝您的幫忙，祝您有美好的一天，期待您的回覆。", Why.wrong_script),
        (
            "Bitte schicke die Rechnung 4711 über 1,250.50 EUR noch vor Freitag an billing@example.com, danke.",
            Why.wrong_language,
        ),
    ],
)  # fmt: skip
def test_answers_that_cannot_stand(answer: str, fault: Why) -> None:
    assert validated(ASK, answer) is fault


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (ASK, GOOD),
        (ASK, f"  {GOOD}\n"),
        (ASK, "pls send invoice 4711, 1,250.50 EUR to billing@example.com before friday thx"),
        (
            Ask("k", "Zeig mir die Flüge von Köln nach Rom am Montag.", ("Köln", "Rom"), (), "de"),
            "Welche Flüge gibt es am Montag von Köln nach Rom?",
        ),
        (
            Ask("k", "帮我查一下明天从北京到上海的火车票。", ("北京", "上海"), (), "zh"),
            "请问明天北京去上海还有火车票吗？帮我看看。",
        ),
        (
            Ask("k", "Yarın için Ankara'dan İzmir'e bir otobüs bileti bul lütfen.", ("Ankara", "İzmir"), (), "tr"),
            "Merhaba, yarın Ankara'dan İzmir'e giden bir otobüs bileti bulabilir misiniz?",
        ),
        (Ask("k", "List files:\n- a.txt\n- b.txt"), "Show me these files:\n- a.txt\n- b.txt"),
        (Ask("k", "Order item A4x2 for me today.", ("4",)), "Please order me the item A4x2 today."),
    ],
)  # fmt: skip
def test_answers_that_stand(ask: Ask, answer: str) -> None:
    assert validated(ask, answer) == answer.strip()


def test_the_caller_has_the_last_word() -> None:
    assert validated(ASK, GOOD, lambda text: "invoice" not in text) is Why.not_valid


def test_voices_are_many_and_fixed() -> None:
    voices = Counter(asking.voice(f"k{n}") for n in range(1200))
    assert set(voices) == set(asking.VOICES)
    assert max(voices.values()) < 2 * min(voices.values())
    assert asking.voice("k1") == asking.VOICES[8]
    (role, told), asked = asking.messages(ASK)
    assert role == "system" and asking.voice("k1") in told
    assert '"4711", "1,250.50", "billing@example.com"' in told and '"send_invoice"' in told
    assert asked == ("user", ASK.text)


def test_an_answer_is_found_by_what_was_asked() -> None:
    plain = parse(FREE, "s")
    told = asking.messages(ASK)
    longer = msgspec.structs.replace(plain, max_output_tokens=900, concurrency=1)
    other = msgspec.structs.replace(plain, temperature=0.5)
    assert asking.digest(told, plain) == asking.digest(told, longer)
    assert len({asking.digest(told, plain), asking.digest(told, other)}) == 2
    assert asking.digest(told, plain) != asking.digest(
        asking.messages(ASK._replace(key="k2")), plain
    )


FREE = """
base_url = "http://127.0.0.1:8000/v1"
model = "local"
[prices."local"]
input = 0
output = 0
"""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (("base_url", "base_ulr"), "unknown key `base_ulr` (did you mean base_url?)"),
        (("output", "ouput"), 'unknown key `ouput` in [prices[...]] (did you mean output?)'),
        (('model = "local"', 'model = "locla"'), "model locla has no price (did you mean local?); add"),
        (("input = 0", "input = -1"), "Expected `float` >= 0.0 - at `$.prices[...].input`"),
        (("http://127", "http://me:secret@127"), "base_url holds a user or password"),
        (("8000", "80000"), "base_url: no port 80000"),
        (("127.0.0.1:8000", "[::1"), "base_url: Invalid"),
        (("http://127", "ftp://127"), "Expected `str` matching regex"),
        (("[prices", "extra = { n = 4 }\n[prices"), "extra.n: it changes what a call may cost"),
        (("[prices", "extra = { model = 'x' }\n[prices"), "extra.model: not to be set there"),
        (("[prices", "concurrency = 0\n[prices"), "Expected `int` >= 1"),
        (('model = "local"', ""), "missing required field `model`"),
        (("input = 0", "input = "), "Invalid value (at line 5"),
    ],
)  # fmt: skip
def test_settings_say_what_is_wrong(changed: tuple[str, str], told: str, tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(FREE.replace(*changed))
    with pytest.raises(RecipeError) as caught:
        load(file)
    assert str(caught.value).startswith(f"settings {file}: ") and told in str(caught.value)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_settings_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "s.toml").write_bytes(b"\xff")
    with pytest.raises(RecipeError, match="not UTF-8"):
        load(tmp_path / "s.toml")


def test_prices_and_keys() -> None:
    free = parse(FREE, "s")
    assert (free.price.input, free.price.output) == (0, 0)
    assert key_of(free, {}) is None
    keyed = msgspec.structs.replace(free, key_env="MODEL_KEY")
    assert key_of(keyed, {"MODEL_KEY": f" {KEY}\n"}) == KEY
    for bad in ("", "  ", "sk-é", "sk-\x00"):
        with pytest.raises(RecipeError, match="MODEL_KEY") as caught:
            key_of(keyed, {"MODEL_KEY": bad})
        assert not bad.strip() or bad not in str(caught.value)
    half = msgspec.structs.replace(free, model="small", prices=known_prices(), price_factor=0.5)
    assert (half.price.input, half.price.output) == (0.075, 0.3)


def test_what_is_sent() -> None:
    told = Settings(
        "http://x", "m", temperature=0.7, limit="max_completion_tokens", extra={"top_p": 1}
    )
    assert asking.body((("user", "hi"),), told) == {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.7,
        "max_completion_tokens": 160,
        "top_p": 1,
    }


def test_pools_are_new_values_that_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_KEY", KEY)
    lists = ["1. Alba Foods\n2) Brumo Tools\n\n- bad9\nBad Corp", "ALBA FOODS\nCerto Glass\nAcme"]

    def script(number: int, text: str) -> Fault:
        return Fault(content=lists[number]) if number < 2 else Fault(content=lists[0])

    with endpoint(script) as server:
        chosen = settings(server, concurrency=1)
        for calls in (5, 5):
            pool = more(
                "names of companies",
                "[A-Za-z ]+",
                10,
                chosen,
                tmp_path,
                9.0,
                allowed=lambda value: value != "Bad Corp",
                known=["Acme"],
            )
            assert pool.values == ("Alba Foods", "Brumo Tools", "Certo Glass")
            assert (pool.refused, pool.stopped, server.calls) == (8, False, calls)
        assert len({str(body["messages"]) for body in server.bodies}) == 5
        short = more("names of companies", "[A-Za-z ]+", 2, chosen, tmp_path, 9.0)
        assert short.values == ("Alba Foods", "Brumo Tools")
        assert more("streets", ".+", 2, chosen, tmp_path / "b", 0.0).stopped
        with pytest.raises(RecipeError, match="pattern of streets"):
            more("streets", "(", 2, chosen, tmp_path, 9.0)
    assert prompt("x", ".", "en", 0) != prompt("x", ".", "en", 26)


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        ("Alba Foods", True),
        ("12 Garden Street", True),
        ("ann@example.com", True),
        ("ann@mail.example.org", True),
        ("ann@shop.test", True),
        ("https://www.example.net/a", True),
        ("+1 (212) 555-0142", True),
        ("07700 900123", True),
        ("+44 1632 960456", True),
        ("ann@gmail.com", False),
        ("ann@example.com.evil.org", False),
        ("ann@localhost", False),
        ("https://shop.com", False),
        ("www.shop.com", False),
        ("https://example.com@shop.com", False),
        ("+49 30 1234567", False),
        ("(212) 867-5309", False),
        ("4111 1111 1111 1111", False),
    ],
)
def test_values_reach_nobody(value: str, fine: bool) -> None:
    assert harmless(value) is fine


def test_pools_do_not_depend_on_the_order_of_answers(tmp_path: Path) -> None:
    def script(number: int, text: str) -> Fault:
        letter = text.split(":", maxsplit=1)[0][-1]
        names = "\n".join(f"{letter}{tail}" for tail in ("lba", "orn", "ust"))
        return Fault(content=names, sleep=0.05 if letter in "AC" else 0.0)

    found = []
    with endpoint(script) as server:
        for concurrency in (1, 4):
            chosen = settings(server, concurrency=concurrency, key_env=None)
            pool = more("names", r"\w+", 60, chosen, tmp_path / str(concurrency), 99.0)
            found.append(pool.values)
    assert found[0] == found[1]
    assert len(found[0]) == 60 and found[0][:4] == ("Alba", "Aorn", "Aust", "Blba")
