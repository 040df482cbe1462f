"""How many tokens does it take to have a request rewritten?

    python benchmarks/rewrite_tokens.py [--json FILE]

Made-up requests in nine languages, each in every voice, as they are sent. Counted are bytes (what the budget
sets aside, with an allowance for chat templates), a quarter of the bytes (the usual rule of thumb) and, with
`pip install mistral-common`, the tokens of the Tekken tokenizer of 2024-09 that it holds. No model is asked.
"""

import argparse
import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from statistics import fmean

from planloom.rewrite import Ask
from planloom.rewrite.ask import VOICES, Messages, messages, voice
from planloom.rewrite.spend import most_tokens

REQUESTS = Path(__file__).with_name("rewrite_requests.jsonl")
TEKKEN = "tekken_240911.json"
Counted = dict[str, float]


def asks() -> list[Ask]:
    """Each request once in every voice."""
    keys: dict[str, str] = {}
    for number in range(10_000):
        keys.setdefault(voice(f"k{number}"), f"k{number}")
    assert len(keys) == len(VOICES)
    read = [json.loads(line) for line in REQUESTS.read_text("utf-8").splitlines()]
    return [
        Ask(key, one["text"], tuple(one["keep"]), tuple(one["avoid"]), one["language"])
        for one in read
        for key in keys.values()
    ]


def size(text: str) -> int:
    return len(text.encode())


def counters() -> dict[str, Callable[[str], float]]:
    """The rules by which tokens are counted here."""
    found: dict[str, Callable[[str], float]] = {"bytes / 4": lambda text: size(text) / 4}
    try:
        from mistral_common.tokens.tokenizers.tekken import Tekkenizer
    except ImportError:
        return found
    path = resources.files("mistral_common").joinpath("data", TEKKEN)
    tokenizer = Tekkenizer.from_file(str(path))
    found["Tekken"] = lambda text: len(tokenizer.encode(text, bos=False, eos=False))
    return found


def whole(told: Messages) -> str:
    return "\n".join(content for _, content in told)


def measured(chosen: list[Ask]) -> dict[str, Counted]:
    """Mean tokens of the prompt and of the request in it, by each rule."""
    told = [messages(ask) for ask in chosen]
    rules: dict[str, Counted] = {
        name: {
            "prompt": round(fmean(count(whole(one)) for one in told), 1),
            "request": round(fmean(count(ask.text) for ask in chosen), 1),
        }
        for name, count in counters().items()
    }
    rules["set aside"] = {"prompt": round(fmean(map(most_tokens, told)), 1)}
    return rules


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    chosen = asks()
    english = [ask for ask in chosen if ask.language == "en"]
    parts = {
        "English": english,
        "others": [ask for ask in chosen if ask.language != "en"],
        "all": chosen,
    }
    found = {name: {"requests": len(part), **measured(part)} for name, part in parts.items()}
    print(text := json.dumps(found, indent=1))
    if arguments.json:
        arguments.json.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
