"""How long the hub is waited for, and what of its listing is believed."""

import email.utils
import time

import httpx2
import pytest

from planloom import asking, fetch
from planloom.asking import asked
from planloom.errors import HubError
from planloom.hub import Entry
from planloom.source import Part, Source


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"RateLimit": '"api";r=0;t=3'}, 3),
        ({}, None),
    ],
)
def test_the_hub_says_how_long(headers: dict[str, str], seconds: float | None) -> None:
    assert asking.told(httpx2.Headers(headers)) == pytest.approx(seconds, abs=5)


def test_the_hub_may_name_a_time() -> None:
    then = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert asking.told(httpx2.Headers({"Retry-After": then})) == pytest.approx(60, abs=5)


def test_waits_grow_and_bytes_begin_them_anew(capsys: pytest.CaptureFixture[str]) -> None:
    waits: list[float] = []
    came = [0, 0, 5]  # bytes there when the first tries begin

    def fail() -> None:
        raise httpx2.ReadError("Bearer hf_secret")

    def gained() -> int:
        return came[min(len(waits), 2)]

    with pytest.raises(
        HubError, match=r"me/mine: \S+ does not answer \(connection lost\)"
    ) as caught:
        asked("me/mine", fail, gained=gained, pause=waits.append)
    assert caught.value.status == "network"
    assert waits == [1, 2, 1, 2, 4, 8]
    assert "hf_secret" not in capsys.readouterr().err + str(caught.value)


@pytest.mark.parametrize("path", ["../../x.json", "/x.json", "a/../../x.json"])
def test_a_file_outside_its_dataset_is_refused(path: str) -> None:
    with pytest.raises(HubError, match="me/mine: lists a file outside itself"):
        fetch.select([Entry(path, 1, "0", None)], Source("me/mine", "", 0, 3))


def test_only_what_the_card_asks_for_is_chosen() -> None:
    part = Part("train", ("data/train-*",), lambda row: None, "conversation")  # type: ignore
    names = ["README.md", "data/train-0.parquet", "data/test-0.parquet", ".hidden/a.json", "b.json"]
    entries = [Entry(name, 1, "0", None) for name in names]

    def chosen(*parts: Part) -> list[str]:
        return [e.path for e in fetch.select(entries, Source("me/mine", "", 0, 3, parts))]

    assert chosen(part) == ["data/train-0.parquet"]
    assert chosen() == ["b.json", "data/test-0.parquet", "data/train-0.parquet"]
