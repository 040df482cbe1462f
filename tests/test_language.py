"""The language of a request, how a plan gets it, and a recipe that keeps some languages."""

import re
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import planloom
from planloom import checks, recipe
from planloom.errors import Reason, RecipeError
from planloom.language import language_of
from planloom.recipe import Limits
from planloom.trace import Place, Trace

SURE = {
    "What is the fastest ferry to Naxos?": "en",
    "Buche mir bitte einen Tisch am Fenster": "de",
    "Où puis-je garer mon vélo ce soir ?": "fr",
    "Yarın sabah için bir taksi çağırır mısın?": "tr",
    "Во сколько закрывается библиотека?": "ru",
    "図書館は何時に閉まりますか": "ja",
    "도서관은 몇 시에 닫아요?": "ko",
    "图书馆几点关门": "zh",
    "圖書館幾點關門": "zh",
    "这个 bug 怎么修": "zh",
    "请问「ありがとうございます」是什么意思": "zh",
    "日语里の这个字应该怎么用，请举一个例子": "zh",
    "Translate “Die Fähre fährt heute nicht” for my guests": "en",
    "Was bedeutet eigentlich under the weather auf Deutsch?": "de",
    "Open https://beispiel.example/suche?q=fahrplan and read me the first result": "en",
}
UNSURE = (
    "", " \n", "ok", "Hm!", "42", "17:30", "🙂🙂", "{\"stop\": 17, \"open\": true}", "a[i] += 1;",
    "https://example.org/ferry?from=naxos", "kim@example.org", "FX-20391-B", "\ud83d", "« »", "```",
)  # fmt: skip


@pytest.mark.parametrize(("text", "language"), SURE.items())
def test_a_language_is_told(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", UNSURE)
def test_what_is_in_no_language_is_unsure(text: str) -> None:
    assert language_of(text) == "und"


@given(st.text(st.characters(), max_size=60))
def test_any_text_has_an_answer(text: str) -> None:
    assert re.fullmatch("[a-z]{2,3}", language_of(text))


def test_the_end_of_a_long_text_does_not_count() -> None:
    start = "Please tell me which of these stops is the nearest. "
    assert language_of(start + "x " * 500 + "Quelle heure est-il ? " * 5000) == "en"


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    from planloom import language

    def refused(*_: Any) -> None:
        raise AssertionError("the network was asked")

    language._detector.cache_clear()
    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    assert language_of("What is the fastest ferry to Naxos?") == "en"


def test_threads_agree() -> None:
    texts = [*SURE] * 50
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(language_of, texts)) == [*SURE.values()] * 50


def language(request: str, row: str | None = None, card: str | None = None) -> str:
    from planloom.lift import lift

    trace = Trace(user_turns=(request,), answers=("Yes.",), language=row)
    place = Place("", "", "", "", 0, "MIT", "open", "conversation", language=card)
    return lift(trace, place).plans[0].language


@pytest.mark.parametrize(
    ("given_", "wanted"),
    {
        ("Buche mir bitte einen Tisch am Fenster", "en", "en"): "de",
        ("FX-20391-B", "fr", "en"): "fr",
        ("FX-20391-B", None, "en"): "en",
        ("FX-20391-B", None, None): "und",
    }.items(),
)
def test_the_request_counts_before_row_and_card(given_: tuple[Any, ...], wanted: str) -> None:
    assert language(*given_) == wanted


def test_each_turn_of_a_chat_has_its_own_language() -> None:
    row = {
        "messages": [
            {"role": "user", "content": "What is the fastest ferry to Naxos?"},
            {"role": "assistant", "content": "The red one."},
            {"role": "user", "content": "Und wann fährt sie morgen früh ab?"},
            {"role": "assistant", "content": "Um sechs."},
        ]
    }
    assert [plan.language for plan in planloom.transform(row).plans] == ["en", "de"]


def judged(kept: tuple[str, ...], request: str) -> checks.Verdict:
    from planloom.lift import lift

    trace = Trace(user_turns=(request,), answers=("Yes.",))
    place = Place("", "", "", "", 0, "MIT", "open", "conversation")
    return checks.check(lift(trace, place).plans[0], trace, Limits(languages=kept))


def test_a_recipe_keeps_its_languages() -> None:
    german = "Buche mir bitte einen Tisch am Fenster"
    assert judged((), german).reason is None
    assert judged(("en", "de"), german).reason is None
    left = judged(("en", "fr"), german)
    assert left[:2] == (Reason.language, "de; the recipe keeps en, fr")


def test_unsure_is_kept_where_the_recipe_lists_it() -> None:
    unsure = "FX-20391-B and RTQ-771-ZZ, XK-12-PLMN"
    assert language_of(unsure) == "und"
    assert judged(("en",), unsure)[:2] == (Reason.language, "und; the recipe keeps en")
    assert judged(("en", "und"), unsure).reason is None


def test_languages_of_a_recipe_are_codes() -> None:
    text = 'name = "a"\nsources = {}\n[limits]\nlanguages = ["%s"]'
    assert recipe.parse(text % "tr", "r").limits.languages == ("tr",)
    with pytest.raises(RecipeError, match=r"limits\.languages"):
        recipe.parse(text % "Turkish", "r")
