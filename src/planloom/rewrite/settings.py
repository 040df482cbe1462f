"""How a model is asked and what it costs: TOML, typed, unknown keys refused. No key stands in it."""

import os
import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import httpx2
import msgspec
from msgspec import Meta, Struct

from planloom.errors import RecipeError, nearest

Positive = Annotated[int, Meta(ge=1)]
Dollars = Annotated[float, Meta(ge=0, le=10_000)]
LAST_PORT = 65535
OURS = ("model", "messages", "temperature", "max_tokens", "max_completion_tokens")
COSTLY = ("n", "best_of", "stream")
"""More answers than one, or an answer in pieces, would not cost what was reserved."""


class Price(Struct, frozen=True, forbid_unknown_fields=True):
    """Dollars per million tokens. Both 0 says on purpose that calls are free."""

    input: Dollars
    output: Dollars


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """An OpenAI-compatible endpoint of chat completions.

    `key_env` names the environment variable of the key; a local endpoint needs none. `limit` is how
    the endpoint calls the most tokens of an answer. `price_factor` multiplies both prices, 0.5 where
    batch prices hold. `extra` is passed on in every call.
    """

    base_url: Annotated[str, Meta(pattern=r"^https?://[^\s/?#]+[^\s?#]*\Z")]
    model: Annotated[str, Meta(pattern=r"\S")]
    prices: dict[str, Price] = {}
    key_env: Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*\Z")] | None = None
    concurrency: Annotated[int, Meta(ge=1, le=256)] = 8
    timeout_s: Annotated[float, Meta(gt=0, le=3600)] = 60.0
    retries: Annotated[int, Meta(ge=0, le=10)] = 4
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_output_tokens: Positive = 160
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    price_factor: Annotated[float, Meta(gt=0, le=10)] = 1.0
    extra: dict[str, Any] = {}

    @property
    def price(self) -> Price:
        """Of the model, the factor in it."""
        one = self.prices[self.model]
        return Price(one.input * self.price_factor, one.output * self.price_factor)


def load(path: Path) -> Settings:
    """The settings in a file.

    Raises:
        RecipeError: in one line what is wrong with it.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise RecipeError(f"settings {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"settings {path}: not UTF-8 text") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Settings:
    """The settings in a text; `name` is said in errors.

    Raises:
        RecipeError: naming the key, and the nearest valid one.
    """
    try:
        settings = msgspec.convert(tomllib.loads(text), Settings)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"settings {name}: {error}") from error
    except msgspec.ValidationError as error:
        raise RecipeError(f"settings {name}: {_explained(str(error))}") from error
    if wrong := _wrong(settings):
        raise RecipeError(f"settings {name}: {wrong}")
    return settings


def _wrong(settings: Settings) -> str | None:
    try:
        url = httpx2.URL(settings.base_url)
    except httpx2.InvalidURL as error:
        return f"base_url: {error}"
    if url.userinfo:
        return "base_url holds a user or password; name a variable in key_env instead"
    if (url.port or 0) > LAST_PORT:
        return f"base_url: no port {url.port}"
    for key in settings.extra:
        if key in OURS:
            return f"extra.{key}: not to be set there"
        if key in COSTLY:
            return f"extra.{key}: it changes what a call may cost"
    if settings.model not in settings.prices:
        near = nearest(settings.model, settings.prices)
        return (
            f'model {settings.model} has no price{near}; add [prices."{settings.model}"] with input '
            "and output in dollars per million tokens, both 0 if calls are free"
        )
    return None


def _explained(message: str) -> str:
    """msgspec's message, with the nearest key where one is unknown."""
    match = re.match(r"Object contains unknown field `(.+?)`(?: - at `\$\.?(.*)`)?", message)
    if match is None:
        return message
    known = Price.__struct_fields__ if match[2] else Settings.__struct_fields__
    hint = nearest(match[1], known) or f" (known: {', '.join(known)})"
    return f"unknown key `{match[1]}`{' in [' + match[2] + ']' if match[2] else ''}{hint}"


def key_of(settings: Settings, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key, if the endpoint needs one.

    Raises:
        RecipeError: if its variable is not set, or holds what no header can.
    """
    if settings.key_env is None:
        return None
    key = environment.get(settings.key_env, "").strip()
    if not key:
        raise RecipeError(
            f"{settings.key_env} is not set; set it to the key for {settings.base_url}, or remove "
            "key_env from the settings if the endpoint needs none"
        )
    if not key.isascii() or not key.isprintable():
        raise RecipeError(f"{settings.key_env} holds characters that no key has; set it anew")
    return key


def known_prices() -> dict[str, Price]:
    """What kinds of models cost, for the cost page; the date stands in the file."""
    text = resources.files("planloom.rewrite").joinpath("prices.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text)["prices"], dict[str, Price])
