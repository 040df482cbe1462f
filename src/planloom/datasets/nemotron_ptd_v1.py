"""Synthetic post-training data: tool calls, and chats upon prompts of unknown origin.

Tools stand in `metadata`, an object as JSON text. The chats carry no safety labels and their
prompts may be real users', so they need labels; some prompts are blanked to "-". The splits code,
math and stem (24.6M rows) hold solutions in text without a call and are not used.
"""

from planloom.shapes import chat_calls, conversation, origin
from planloom.source import Part, Source

SOURCE = Source(
    id="nvidia/Nemotron-Post-Training-Dataset-v1",
    licence="CC-BY-4.0",
    rows=25_659_642,
    tier=3,
    overlap="nemotron",
    parts=(
        Part(
            split="tool_calling",
            files=("data/tool-*", "data/tool_calling-*"),
            read=origin.licensed(chat_calls.reader("messages", "metadata.tools")),
            category="function_calling",
            columns=("license", "messages", "metadata"),
        ),
        Part(
            split="chat",
            files=("data/chat-*",),
            read=origin.licensed(conversation.reader("messages")),
            category="conversation",
            benign="labelled",
            columns=("license", "messages"),
        ),
    ),
)
