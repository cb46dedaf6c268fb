"""A released config.json, each value asked for by its key: what is missing or odd is named, with its file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NoReturn

from syntagma.errors import ModelError

LARGEST = 2**53
"""Whole numbers up to here are exact as floats, too; no size or id is larger."""
FIX = "Get the config.json that the model was released with"


class ConfigJson:
    """Typed values of one JSON object.

    Every method takes what stands where the key is absent or null; without it, the key is needed, and ModelError is
    raised. ModelError is raised too for a value of another type.
    """

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where

    def integer(self, key: str, default: int | None = None) -> int:
        """A whole number."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > LARGEST:
            self._odd(key, "a whole number")
        return int(value)

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number."""
        value = self._value(key, default)
        if not _is_number(value):
            self._odd(key, "a number")
        return float(value)

    def flag(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            self._odd(key, "true or false")
        return value

    def word(self, key: str, default: str | None = None) -> str:
        """A text."""
        value = self._value(key, default)
        if not isinstance(value, str):
            self._odd(key, "a text")
        return value

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        value = self._value(key, None)
        if not isinstance(value, list) or not all(_is_number(number) for number in value):
            self._odd(key, "a list of numbers")
        return tuple(float(number) for number in value)

    def integer_or_none(self, key: str) -> int | None:
        """A whole number, if there is one."""
        return self.integer(key) if self.has(key) else None

    def tokens(self, key: str) -> tuple[int, ...]:
        """The ids of tokens, given as one or as a list, if there are any."""
        if not isinstance(self.values.get(key), list):
            return (self.integer(key),) if self.has(key) else ()
        return tuple(ConfigJson({key: token}, self.where).integer(key) for token in self.values[key])

    def part(self, key: str) -> ConfigJson | None:
        """The object that stands at a key, if there is one."""
        if not self.has(key):
            return None
        if not isinstance(self.values[key], dict):
            self._odd(key, "an object")
        return ConfigJson(self.values[key], f"{self.where}, {key}")

    def has(self, key: str) -> bool:
        """Whether there is a value at a key."""
        return self.values.get(key) is not None

    def only(self, key: str, *allowed: object) -> None:
        """Refuse what would change the computation in a way that no decoder here has; the key may be absent or null."""
        if self.has(key) and self.values[key] not in allowed:
            expected = " or ".join(repr(value) for value in allowed)
            raise ModelError(
                f"{key!r} is {self.values[key]!r}, which this family does not have",
                where=self.where,
                fix=f"Models of the family say {expected}",
            )

    def _value(self, key: str, default: object) -> Any:
        value = self.values.get(key)
        if value is None:
            value = default
        if value is None:
            raise ModelError(f"the key {key!r} is missing", where=self.where, fix=FIX)
        return value

    def _odd(self, key: str, expected: str) -> NoReturn:
        raise ModelError(f"{key!r} is {self.values[key]!r}, not {expected}"[:500], where=self.where, fix=FIX)


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) <= LARGEST
    return isinstance(value, float) and math.isfinite(value)
