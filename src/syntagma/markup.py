"""Elements of web pages and drawings as text, with everything that comes from outside made safe."""

from __future__ import annotations

import re
from html import escape

_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def safe(text: object) -> str:
    """Text that cannot become markup; control characters and lone surrogates turn into U+FFFD."""
    return escape(_UNSAFE.sub("\ufffd", str(text)))


def element(name: str, content: str = "", **attributes: object) -> str:
    """Write one element; `content` is markup already. In names of attributes "_" stands for "-"; `class_` is class.

    Numbers are rounded to two places, which is finer than a pixel.
    """
    pairs = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{pairs}>{content}</{name}>"


def drawing(width: float, height: float, content: str, label: str) -> str:
    """An inline SVG of this size in pixels, which shrinks with the page; `label` is what a screen reader says."""
    box = f"0 0 {width:g} {height:g}"
    return element("svg", content, viewBox=box, width=width, role="img", aria_label=label)


def caption(x: float, y: float, text: object, **attributes: object) -> str:
    """Words in a drawing."""
    return element("text", safe(text), x=x, y=y, **attributes)


def _value(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else safe(value)
