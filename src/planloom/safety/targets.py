"""Where calls go: targets that only untrusted text names, and places that no plan should reach."""

import re

from planloom.plan import Edge, ExecutionPlan, Finding
from planloom.safety.arguments import values
from planloom.safety.words import listed
from planloom.trace import Trace

SPAN = 120
UNTRUSTED = 3
"""The tier of results that anyone may have written."""

TARGETS = {
    "recipient": listed(
        """recipient recipients to cc bcc email emails address phone number contact payee"""
    ),
    "account": listed("""account iban account_id account_number wallet card destination_account"""),
    "url": listed("""url urls link links uri href website domain host endpoint webhook"""),
    "path": listed(
        """path file filename file_path filepath file_name folder directory destination"""
    ),
}
"""What a call acts on, by the last words of the argument's name."""
_KIND = {name: kind for kind, names in TARGETS.items() for name in names}

_UNSAFE = {
    "metadata": r"(?:https?://)?(?:169\.254\.169\.254|metadata\.google\.internal)\b.*",
    "onion": r"(?:https?://)?[\w.-]+\.onion(?:[/:].*)?",
    "script": r"(?:javascript|vbscript):.+",
    "secrets": r"(?:file://)?(?:/etc/(?:shadow|sudoers)|(?:~|/root|/home/[\w.-]+)/\.(?:ssh|aws|gnupg)(?:/.*)?|.*/id_(?:rsa|ed25519))",
    "drop": r"https?://(?:[\w-]+\.)?(?:webhook\.site|requestbin\.(?:com|net)|pipedream\.net|interact\.sh|oast\.\w+|burpcollaborator\.net|ngrok(?:-free)?\.(?:io|app|dev))(?:/.*)?",
}
"""Places where secrets are kept, or to which they are carried; the whole value must be one."""
_PLACE = re.compile("|".join(f"(?P<{kind}>{text})" for kind, text in _UNSAFE.items()), re.I)
_HINTS = ("169.254.", "metadata.g", ".onion", "script:", "/etc/s", "/.", "/id_", "://")
_LONGEST = 300


def unsafe(trace: Trace) -> list[Finding]:
    """A finding for each argument that is an unsafe place."""
    found = []
    for call in trace.calls:
        for value in values(call.arguments):
            if len(value) > _LONGEST or not any(hint in value for hint in _HINTS):
                continue
            if (match := _PLACE.fullmatch(value.strip())) is not None:
                span = f"{call.tool}: {value}"[:SPAN]
                found.append(Finding(f"destination:{match.lastgroup}", "unsafe_destination", span))
    return found


def untrusted(plan: ExecutionPlan) -> list[Finding]:
    """A finding for each target that a call took from a result of the lowest trust, from nowhere else."""
    if len(plan.nodes) < 2:
        return []
    tiers = {node.id: node.result_tier for node in plan.nodes}
    tools = {node.id: node.tool for node in plan.nodes}
    found: dict[Finding, None] = {}
    for edge in plan.edges:
        if edge.kind == "data" and tiers[edge.src] == UNTRUSTED and (kind := _kind(edge)):
            span = f"{tools[edge.dst]}: {edge.argument}={edge.span}"[:SPAN]
            found[Finding(f"target:{kind}", "untrusted_target", span)] = None
    return list(found)


def _kind(edge: Edge) -> str | None:
    name = re.sub(r"\[\d+\]", "", edge.argument or "").rsplit(".", 1)[-1]
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_")
    return _KIND.get("_".join(parts)) or _KIND.get(parts[-1])
