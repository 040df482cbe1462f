"""The catalogue: every kind of mutation, in one list."""

from planloom.mutate import (
    arguments,
    flow,
    graph,
    hijack,
    permission,
    provenance,
    request,
    scope,
    sensitivity,
)
from planloom.mutate.kind import Kind

FAMILIES = (scope, permission, provenance, flow, hijack, request, arguments, graph, sensitivity)
KINDS: dict[str, Kind] = {kind.name: kind for family in FAMILIES for kind in family.KINDS}
