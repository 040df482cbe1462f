"""480 professional tasks in 33 simulated worlds. Holds no tool calls and may not be trained on."""

from planloom.source import Source

SOURCE = Source(
    id="mercor/apex-agents",
    licence="CC-BY-4.0, evaluation only",
    rows=480,
    claim="unknown",
    tier=3,
    gated="auto",
    refused="its terms allow model evaluation only and forbid training and scraping",
)
