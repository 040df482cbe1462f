"""Asking the hub: patient where a failure may pass, one clear line where it will not.

What the client's errors say is never passed on: they may quote a header, and with it the token.
"""

import email.utils
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from json import JSONDecodeError
from typing import TypeVar

import httpx2
import huggingface_hub
from huggingface_hub import constants, errors
from huggingface_hub.utils import parse_ratelimit_headers
from tqdm import tqdm

from planloom.errors import HubError

Answer = TypeVar("Answer")

TRIES = 5
"""Failures in a row, without a byte between them, after which a request is given up."""
LONGEST = 300.0
"""Seconds; a hub that asks for a longer pause is given up, and the user told."""
FAILURES = (httpx2.HTTPError, errors.OfflineModeIsEnabled, ValueError)
"""Of these, a ValueError is an answer that is no JSON, an id that is none, or a token no header holds."""
PASSING = (408, 429, 500, 502, 503, 504)


def asked(
    source_id: str,
    ask: Callable[[], Answer],
    revision: str | None = None,
    *,
    gained: Callable[[], int] = lambda: 0,
    pause: Callable[[float], object] = time.sleep,
) -> Answer:
    """The answer, after waits where the failure may pass; bytes `gained` begin the count anew.

    Raises:
        HubError: for a failure that will not pass, or does not.
    """
    failed, before = 0, gained()
    while True:
        try:
            return ask()
        except FAILURES as error:
            failed = failed + 1 if gained() == before else 1
            before = gained()
            seconds = _pause(error, failed)
            if seconds is None or seconds > LONGEST or failed == TRIES:
                raise _refusal(source_id, revision, error, seconds) from None
            say(f"{source_id}: {_why(error)}; again in {seconds:g} s ({failed} of {TRIES - 1})")
            pause(seconds)


def _pause(error: Exception, failed: int) -> float | None:
    """Seconds to wait: what the hub asks for, else 1, 2, 4, 8; None if waiting does not help."""
    if isinstance(error, errors.HfHubHTTPError):
        if error.response.status_code not in PASSING:
            return None
        asks = told(error.response.headers)
        return asks if asks is not None else 2.0 ** (failed - 1)
    passing = isinstance(error, (httpx2.TransportError, JSONDecodeError, UnicodeDecodeError))
    hopeless = isinstance(error, (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol))
    return 2.0 ** (failed - 1) if passing and not hopeless else None


def told(headers: httpx2.Headers) -> float | None:
    """What `Retry-After` (seconds or a date) or the hub's own `RateLimit` says."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    if value:
        try:
            until = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        return max(0.0, round((until - datetime.now(UTC)).total_seconds(), 1))
    limit = parse_ratelimit_headers(headers)
    return float(limit.reset_in_seconds) if limit else None


def _why(error: Exception) -> str:
    """The failure in words of ours."""
    if isinstance(error, errors.HfHubHTTPError):
        return f"HTTP {error.response.status_code}"
    if isinstance(error, httpx2.TimeoutException):
        return "timed out"
    if isinstance(error, ValueError):
        return "a garbled answer"
    return "no connection" if isinstance(error, httpx2.ConnectError) else "connection lost"


def _refusal(
    source_id: str, revision: str | None, error: Exception, seconds: float | None
) -> HubError:
    """The error as one line: what, where, what to do."""
    page = f"{constants.ENDPOINT}/datasets/{source_id}"
    if isinstance(error, errors.GatedRepoError):
        has = "the token's account has no access" if huggingface_hub.get_token() else "no token"
        return HubError(
            "gated",
            f"{source_id}: gated, and {has}; ask for access at {page} and set HF_TOKEN to a "
            "token of that account",
        )
    if isinstance(error, errors.DisabledRepoError):
        return HubError("disabled", f"{source_id}: disabled by the hub, nobody can read it")
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError("revision", f"{source_id}: no revision {revision}; see {page}/commits/main")
    if isinstance(error, errors.RepositoryNotFoundError) or _code(error) == httpx2.codes.NOT_FOUND:
        return HubError(
            "missing",
            f"{source_id}: not on the hub, or private; look at {page}, for a private one set "
            "HF_TOKEN to a token that may read it",
        )
    if isinstance(error, errors.HFValidationError):
        return HubError(
            "missing", f"{source_id}: not the id of a dataset; it has the form OWNER/NAME"
        )
    return _unreachable(source_id, error, seconds)


def _unreachable(source_id: str, error: Exception, seconds: float | None) -> HubError:
    if isinstance(error, errors.OfflineModeIsEnabled):
        return HubError("network", f"{source_id}: HF_HUB_OFFLINE is set; unset it to ask the hub")
    unsendable = isinstance(error, (httpx2.LocalProtocolError, UnicodeEncodeError))
    if unsendable or _code(error) == httpx2.codes.UNAUTHORIZED:
        return HubError("token", "the hub does not accept the token; mend HF_TOKEN or unset it")
    asks = f", asks to wait {seconds:,.0f} s" if seconds and seconds > LONGEST else ""
    return HubError(
        "network",
        f"{source_id}: {constants.ENDPOINT} does not answer ({_why(error)}{asks}); run the same "
        "command again later, or build with --offline or --data-root DIR from what is here",
    )


def _code(error: Exception) -> int | None:
    return error.response.status_code if isinstance(error, errors.HfHubHTTPError) else None


def say(line: str) -> None:
    """One line on stderr, above a progress bar."""
    tqdm.write(f"planloom: {line}", file=sys.stderr)
