"""Readers and writers, one file per format; all of them stream."""

from syntagma.text.formats.by_name import FORMATS, FormatName, format_of, read_documents
from syntagma.text.formats.conll import read_conll, write_conll
from syntagma.text.formats.conllu import read_conllu
from syntagma.text.formats.conllu_sentences import (
    ConlluRow,
    ConlluSentence,
    read_conllu_sentences,
    write_conllu_sentences,
)
from syntagma.text.formats.conllu_writing import write_conllu
from syntagma.text.formats.jsonl import read_jsonl
from syntagma.text.formats.jsonl_writing import jsonl_line, write_jsonl
from syntagma.text.formats.misalignment import MisalignedSpan
from syntagma.text.formats.plain import read_plain

__all__ = [
    "FORMATS",
    "ConlluRow",
    "ConlluSentence",
    "FormatName",
    "MisalignedSpan",
    "format_of",
    "jsonl_line",
    "read_conll",
    "read_conllu",
    "read_conllu_sentences",
    "read_documents",
    "read_jsonl",
    "read_plain",
    "write_conll",
    "write_conllu",
    "write_conllu_sentences",
    "write_jsonl",
]
