"""A Jinja template as a list of what it says and under which conditions; read, never executed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_TAG = re.compile(r"(\{\{|\{%|\{#)([-+]?)(.*?)([-+]?)(\}\}|%\}|#\})", re.DOTALL)
_STRING = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_WORD = re.compile(rf"({_STRING})|(\s+)|([^\s'\"+]+|\+)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_SHORT = {
    "message['role']": "role",
    "message['content']": "content",
    "message.role": "role",
    "message.content": "content",
}
_SAYS = "> "


def skeleton(template: str) -> list[str]:
    """The template's steps: conditions and loops as they are, and `> ` before what is said, with variables in braces.

    Two templates with one skeleton say the same. How they are quoted, laid out and put in parentheses makes no
    difference; white space is taken off as transformers does it (`trim_blocks`, `lstrip_blocks`). A line feed that is
    said is written `\\n`, a backslash twice.
    """
    steps: list[str] = []
    for kind, text in _pieces(template):
        if kind == "{%":
            steps.append(_condition(text))
        elif said := _output(text) if kind == "{{" else _literal(text):
            if not (steps and steps[-1].startswith(_SAYS)):
                steps.append(_SAYS)
            steps[-1] += said.replace("\\", "\\\\").replace("\n", "\\n")
    return steps


def _pieces(template: str) -> Iterator[tuple[str, str]]:
    """Tags by their opening brackets, and the texts between them under an empty name."""
    # Jinja drops one line feed at the very end.
    template = template.removesuffix("\n")
    tags = [None, *_TAG.finditer(template), None]
    for left, right in pairwise(tags):
        if left is not None and left[1] != "{#":
            yield left[1], left[3]
        text = template[left.end() if left else 0 : right.start() if right else len(template)]
        yield "", _trimmed(text, left, right)


def _trimmed(text: str, left: re.Match[str] | None, right: re.Match[str] | None) -> str:
    """A text between two tags, without the white space that they take."""
    if right is not None and right[2] == "-":
        text = text.rstrip()
    elif right is not None and right[1] != "{{" and right[2] != "+":
        before, feed, margin = text.rpartition("\n")
        # A line that holds nothing before the tag; one that begins behind another tag does.
        if (feed or left is None) and not margin.strip(" \t"):
            text = before + feed
    if left is not None and left[4] == "-":
        return text.lstrip()
    return text.removeprefix("\n") if left is not None and left[1] != "{{" and left[4] != "+" else text


def _words(expression: str) -> Iterator[tuple[bool, str]]:
    """Strings (True) as they read, and what lies between, every white space as one space."""
    for string, space, other in _WORD.findall(expression.strip()):
        yield (True, _unescaped(string)) if string else (False, " " if space else other)


def _condition(statement: str) -> str:
    words = (repr(word) if is_string else word for is_string, word in _words(statement))
    keyword, _, rest = _shortened("".join(words)).partition(" ")
    if rest.startswith("(") and rest.endswith(")") and not set(rest[1:-1]) & set("()"):
        rest = rest[1:-1].strip()
    return f"{keyword} {rest}".strip()


def _output(expression: str) -> str:
    """What an expression says: its strings, and its variables in braces."""
    said = variable = ""
    for is_string, word in (*_words(expression), (False, "+")):
        if not is_string and word == "+":
            said += f"{{{_shortened(variable.strip())}}}" if variable.strip() else ""
            variable = ""
        elif is_string and not variable.strip():
            said += _literal(word)
        else:
            variable += repr(word) if is_string else word
    return said


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _shortened(text: str) -> str:
    for long, short in _SHORT.items():
        text = text.replace(long, short)
    return text


def _unescaped(string: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[0]), string[1:-1])
