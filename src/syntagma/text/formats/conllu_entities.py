"""Entities in the MISC column of CoNLL-U.

The first word has `Entity=B-PER` and, if known, `Confidence=0.9312`; the others have `Entity=I-PER`.
The comment `# entities = N` says that a sentence was annotated, also where nothing was found in it (N = 0). Any other
use of the key `Entity`, such as that of CorefUD (`Entity=(e1-person`), is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from syntagma.text.document import TokenSpan
from syntagma.text.formats.conllu_sentences import ConlluSentence
from syntagma.text.formats.writing import clean_field
from syntagma.text.label_schemes import LabelScheme

MARK = "entities"
ENTITY = re.compile(r"(?:^|\|)Entity=([BI]-[^|]+)")
CONFIDENCE = re.compile(r"(?:^|\|)Confidence=([01](?:\.[0-9]+)?)(?:\||$)")


def read_entities(sentence: ConlluSentence) -> list[TokenSpan] | None:
    """The entities of a sentence over its words; None where it is not marked as annotated."""
    if MARK not in sentence.values:
        return None
    miscs = [row.misc for row in sentence.rows if not row.is_range and not row.is_empty]
    found = [ENTITY.search(misc) for misc in miscs]
    spans = LabelScheme.IOB2.decode([match[1] if match else "O" for match in found])
    return [TokenSpan(span.first, span.stop, span.label, _confidence(miscs[span.first])) for span in spans]


def entity_fields(spans: Sequence[TokenSpan], length: int) -> list[str]:
    """What each of `length` words says of the entities in its MISC field; an empty string where it is in none.

    `|`, which parts what is in MISC, becomes `/` in a type.
    """
    tags = LabelScheme.IOB2.encode(spans, length)
    fields = ["" if tag == "O" else f"Entity={clean_field(tag).replace('|', '/')}" for tag in tags]
    for span in spans:
        if span.confidence is not None:
            fields[span.first] += f"|Confidence={span.confidence:.4f}"
    return fields


def _confidence(misc: str) -> float | None:
    match = CONFIDENCE.search(misc)
    return float(match[1]) if match else None
