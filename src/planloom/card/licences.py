"""Under which licence the whole may be passed on, from the licences of what is inside.

Each plan keeps the licence of its row. The whole has one licence where all rows share it, else none
of its own: the verdict then says what binds the strictest of them. This is no legal advice.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from planloom.plan import Use

USES: tuple[Use, ...] = ("open", "share_alike", "non_commercial", "no_publish")
"""From free to closed."""
MEANS: dict[Use, str] = {
    "open": "may be passed on, with attribution",
    "share_alike": "may be passed on under the same licence alone",
    "non_commercial": "may be passed on for non-commercial use alone",
    "no_publish": "may not be passed on: its terms forbid it or are unknown",
}


class Licence(NamedTuple):
    """A licence by its SPDX id, and by the id that the hub gives it."""

    spdx: str
    hub: str
    use: Use = "open"

    @property
    def url(self) -> str:
        return f"https://spdx.org/licenses/{self.spdx}.html"


_KNOWN = (
    Licence("Apache-2.0", "apache-2.0"),
    Licence("MIT", "mit"),
    Licence("BSD-3-Clause", "bsd-3-clause"),
    Licence("CC0-1.0", "cc0-1.0"),
    Licence("CC-BY-3.0", "cc-by-3.0"),
    Licence("CC-BY-4.0", "cc-by-4.0"),
    Licence("CC-BY-SA-3.0", "cc-by-sa-3.0", "share_alike"),
    Licence("CC-BY-SA-4.0", "cc-by-sa-4.0", "share_alike"),
    Licence("CC-BY-NC-4.0", "cc-by-nc-4.0", "non_commercial"),
    Licence("CC-BY-NC-SA-4.0", "cc-by-nc-sa-4.0", "non_commercial"),
    Licence("ODC-By-1.0", "odc-by"),
    Licence("CDLA-Permissive-2.0", "cdla-permissive-2.0"),
)
KNOWN = {licence.spdx.lower(): licence for licence in _KNOWN}


def known(stated: str) -> Licence | None:
    """The licence that a source or row states, however spelt; None if it is none of SPDX's or several.

    >>> known("CC BY-SA 4.0").hub, known("none stated")
    ('cc-by-sa-4.0', None)
    """
    return KNOWN.get("-".join(stated.lower().split()))


class Verdict(NamedTuple):
    """What the licences of some plans come to: the hub's id of a licence, or `other` and a name.

    `counts` is how many plans a use, source and licence have.
    """

    counts: dict[Use, dict[tuple[str, str], int]]
    licence: str
    name: str

    @property
    def use(self) -> Use:
        """The strictest use inside."""
        return max(self.counts, key=USES.index, default="open")

    @property
    def urls(self) -> list[str]:
        """The licences inside that have a page of their own."""
        stated = {licence for mine in self.counts.values() for _, licence in mine}
        return sorted({found.url for found in map(known, stated) if found})

    def plans(self, use: Use) -> int:
        return sum(self.counts.get(use, {}).values())


def verdict(source_use: Mapping[str, Mapping[Any, Mapping[str, int]]]) -> Verdict:
    """The verdict on plans counted by source, use and licence."""
    counts: dict[Use, dict[tuple[str, str], int]] = {}
    for source, uses in source_use.items():
        for use, licences in uses.items():
            for licence, n in licences.items():
                mine = counts.setdefault(use, {})
                mine[source, licence] = mine.get((source, licence), 0) + n
    stated = {licence for mine in counts.values() for _, licence in mine}
    ordered = {use: dict(sorted(counts[use].items())) for use in USES if use in counts}
    found = {known(licence) for licence in stated}
    one = found.pop() if len(found) == 1 else None
    if one and set(counts) == {one.use}:
        return Verdict(ordered, one.hub, one.spdx)
    return Verdict(ordered, "other", _name(counts.keys(), stated))


def _name(uses: Iterable[Use], stated: Iterable[str]) -> str:
    """A licence of several, named by what binds."""
    if "no_publish" in uses:
        return "not-for-redistribution"
    shared = "share_alike" in uses or any("sa" in _words(licence) for licence in stated)
    binding = ["non-commercial"] * ("non_commercial" in uses) + ["share-alike"] * shared
    return "-".join(["mixed", *(binding or ["open"])])


def _words(licence: str) -> list[str]:
    return licence.lower().replace("-", " ").split()
