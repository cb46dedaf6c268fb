"""Conversations with language models: messages, templates of the families, tools and their calls."""

from syntagma.language_models.chat.call_entries import ToolCall
from syntagma.language_models.chat.families import TEMPLATES, template_named
from syntagma.language_models.chat.message import Message, read_messages
from syntagma.language_models.chat.recognition import recognised, template_of
from syntagma.language_models.chat.template import ChatTemplate
from syntagma.language_models.chat.tool_calls import Reply, may_become_call, parse_reply, sure_length, sure_text
from syntagma.language_models.chat.tools import check_call, check_tools

__all__ = [
    "TEMPLATES",
    "ChatTemplate",
    "Message",
    "Reply",
    "ToolCall",
    "check_call",
    "check_tools",
    "may_become_call",
    "parse_reply",
    "read_messages",
    "recognised",
    "sure_length",
    "sure_text",
    "template_named",
    "template_of",
]
