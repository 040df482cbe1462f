"""The Hermes 2 Pro training mix: calls with and without results, Glaive rows, JSON-mode rows.

Calls are Python literals or JSON in tags. The `tools` column may be null or broken; the `<tools>`
block of the system text then serves. The two func_calling configs share tasks and requests.
JSON-mode rows have no call: they are instructions.
"""

from planloom.shapes import conversation, tagged_text
from planloom.source import Part, Source


def _calls(config: str, file: str) -> Part:
    read = tagged_text.reader("conversations", "tools")
    return Part(config=config, split="train", files=(file,), read=read, category="function_calling")


def _json_mode(config: str, file: str) -> Part:
    read = conversation.reader("conversations")
    return Part(
        config=config, split="train", files=(file,), read=read, category="instruction_following"
    )


SOURCE = Source(
    id="NousResearch/hermes-function-calling-v1",
    licence="Apache-2.0",
    rows=11_578,
    claim="unknown; 50K in the mix",
    tier=2,
    overlap="hermes",
    parts=(
        _calls("func_calling_singleturn", "func-calling-singleturn.json"),
        _calls("func_calling", "func-calling.json"),
        _calls("glaive_func_calling", "glaive-function-calling-5k.json"),
        _json_mode("json_mode_agentic", "json-mode-agentic.json"),
        _json_mode("json_mode_singleturn", "json-mode-singleturn.json"),
    ),
)
