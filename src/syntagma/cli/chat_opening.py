"""What precedes a conversation: whether it can be had at all, and with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from syntagma.language_models.conversation import Conversation
    from syntagma.language_models.language_model import LanguageModel


def check_opening(conversation: Conversation, system: str | None) -> None:
    """See now whether this model's template can write a conversation with such a system and such tools.

    Raises:
        SyntagmaError: it cannot, or the model is none for conversations.
    """
    from syntagma.language_models.chat.message import SYSTEM, USER, Message

    first = [] if system is None else [Message(SYSTEM, system)]
    conversation.model.template.segments([*first, Message(USER, "")], tools=conversation.tools)


def print_header(model: LanguageModel, console: Console) -> None:
    """Where the model comes from, and how its weights are held and why."""
    from syntagma.cli.harmless import harmless

    for line in (model.origin, model.choice):
        console.print(harmless(line), style="dim", markup=False, highlight=False, soft_wrap=True)
