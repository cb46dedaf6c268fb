"""The tools of a conversation: read from a file, and written for models that have no place of their own for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syntagma.errors import DataError, SyntagmaError

if TYPE_CHECKING:
    from syntagma.language_models.language_model import LanguageModel

IN_WORDS = """{text}

You can call these tools:
<tools>{tools}</tools>

To call one, answer with this alone, and wait for what it returns:
<tool_call>[{"name": "...", "arguments": {"...": "..."}}]</tool_call>"""
"""What is said to models whose template has no place for tools, in the form in which theirs write calls."""


def read_tools(path: Path) -> list[Mapping[str, Any]]:
    """The JSON schemas of a file: a list of tools, or one.

    Raises:
        DataError: no JSON, or no tools.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # what is not UTF-8 is one too
        raise DataError(f"no JSON: {error}", where=str(path)) from error
    except (OSError, RecursionError) as error:
        raise DataError(f"cannot be read: {error}", where=str(path)) from error

    from syntagma.language_models.chat import check_tools

    try:
        return check_tools([found] if isinstance(found, Mapping) else found)
    except SyntagmaError as error:
        where = str(path) if error.where is None else f"{path}, {error.where}"
        raise DataError(error.found, where=where, fix=error.fix) from error


def with_place_for_tools(model: LanguageModel) -> LanguageModel:
    """The model, with tools told in the system's text if its template knows calls and answers of tools and no more."""
    from syntagma.language_models.chat.message import SYSTEM, TOOL
    from syntagma.language_models.language_model import LanguageModel

    template = model.template
    if template.tools or not template.calls or TOOL not in template.turns:
        return model
    told = replace(template, tools=template.turns[SYSTEM].replace("{text}", IN_WORDS))
    return LanguageModel(model.decoder, model.tokenizer, told, origin=model.origin, choice=model.choice)


def results_text(results: Sequence[object]) -> str:
    """What tools returned, as the model reads it: text as it is, other values and several results as JSON."""
    one = results[0] if len(results) == 1 else list(results)
    return one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
