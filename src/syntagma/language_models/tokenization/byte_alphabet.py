"""The 256 bytes written as printable characters, as GPT-2 and every byte-level vocabulary since spell them."""

from __future__ import annotations

_PRINTABLE = (range(ord("!"), ord("~") + 1), range(ord("¡"), ord("¬") + 1), range(ord("®"), ord("ÿ") + 1))


def _alphabet() -> tuple[str, ...]:
    """Printable bytes stand for themselves; the others, in order, take the characters from U+0100 on."""
    themselves = {byte for stretch in _PRINTABLE for byte in stretch}
    others = iter(range(0x100, 0x200))
    return tuple(chr(byte) if byte in themselves else chr(next(others)) for byte in range(256))


CHARACTER_OF = _alphabet()
"""The character of each byte, by its value."""
BYTE_OF = {character: byte for byte, character in enumerate(CHARACTER_OF)}


def spelt(data: bytes) -> str:
    """Bytes as a byte-level vocabulary writes them: a space is `Ġ`, a line feed `Ċ`."""
    return "".join(CHARACTER_OF[byte] for byte in data)
