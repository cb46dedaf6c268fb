"""What a field of a column format can hold."""

from __future__ import annotations

import re

PARTING = re.compile("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\0]")
SURROGATE = re.compile("[\ud800-\udfff]")


def clean_field(text: str) -> str:
    """The text with a space for each character that parts lines or columns, and U+FFFD for each lone surrogate.

    As many characters as before. A text that is blank becomes `_`.
    """
    if text.isalnum():
        return text
    text = SURROGATE.sub("\ufffd", PARTING.sub(" ", text))
    return text if text.strip() else "_"
