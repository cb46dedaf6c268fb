"""CoNLL-U as it stands in the file: sentences of comments and rows, read and written without loss."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from syntagma.errors import DataError
from syntagma.text.formats.reading import Source, read_lines, source_name

IDENTIFIER = re.compile(r"[0-9]+(?:[-.][0-9]+)?")


class ConlluRow(NamedTuple):
    """One line of ten fields, each as it stands in the file; `_` means that nothing is given."""

    id: str
    form: str
    lemma: str = "_"
    upos: str = "_"
    xpos: str = "_"
    feats: str = "_"
    head: str = "_"
    deprel: str = "_"
    deps: str = "_"
    misc: str = "_"

    @property
    def is_range(self) -> bool:
        """Whether this is the surface token of several words (`3-4`)."""
        return "-" in self.id

    @property
    def is_empty(self) -> bool:
        """Whether this is an empty node of the enhanced graph (`8.1`), which stands for no characters."""
        return "." in self.id

    @property
    def space_after(self) -> bool:
        """Whether white space follows in the text: true unless `SpaceAfter=No`."""
        return "SpaceAfter=No" not in self.misc.split("|")


@dataclass(slots=True)
class ConlluSentence:
    """A sentence as it stands in its file. `before` and `after` are the line ends around it, `newline` those inside."""

    comments: list[str]
    rows: list[ConlluRow]
    newline: str = "\n"
    before: str = ""
    after: str = "\n\n"
    where: str | None = None
    """`file:line` of its first line."""
    values: dict[str, str] = field(init=False, repr=False, compare=False)
    """The comments as `key = value`; a key alone (`# newpar`) has an empty value."""

    def __post_init__(self) -> None:
        pairs = (comment[1:].partition("=") for comment in self.comments)
        self.values = {key.strip(): value.strip() for key, _, value in pairs}

    def where_of(self, row: ConlluRow) -> str:
        """`file:line` of one of the rows."""
        name, _, first = (self.where or "<stream>:1").rpartition(":")
        return f"{name}:{int(first) + len(self.comments) + self.rows.index(row)}"


def read_conllu_sentences(source: Source) -> Iterator[ConlluSentence]:
    """The sentences with every comment, word, multi-word range and empty node; written again they give the same bytes.

    Lossless but for a byte order mark, which is dropped, and mixed line ends inside one sentence, where those of its
    first line are kept.

    Raises:
        DataError: a line without ten fields or with a strange id, a comment inside a sentence, or no readable text.
    """
    name = source_name(source)
    before, after = "", ""
    lines: list[str] = []
    first = 1
    for number, line in enumerate(read_lines(source), start=1):
        if not line.strip():
            after += line
            continue
        if lines and after:
            yield _sentence(before, lines, after, f"{name}:{first}")
            before, lines, after = "", [], ""
        if not lines:
            before, after, first = after, "", number
        lines.append(line)
    if lines or after:
        yield _sentence(before, lines, after, f"{name}:{first}")


def _sentence(before: str, lines: list[str], after: str, where: str) -> ConlluSentence:
    if not lines:
        return ConlluSentence([], [], after=after, where=where)
    texts = [line.rstrip("\r\n") for line in lines]
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    count = next((index for index, text in enumerate(texts) if not text.startswith("#")), len(texts))
    name, _, first = where.rpartition(":")
    rows = [_row(text, f"{name}:{int(first) + index}") for index, text in enumerate(texts[count:], start=count)]
    ending = lines[-1][len(texts[-1]) :]
    return ConlluSentence(texts[:count], rows, newline, before, ending + after, where)


def _row(line: str, where: str) -> ConlluRow:
    fields = line.split("\t")
    if len(fields) == 10 and IDENTIFIER.fullmatch(fields[0]):
        return ConlluRow(*fields)
    if line.startswith("#"):
        raise DataError("a comment inside a sentence", where=where, fix="Move it above the sentence's first word")
    if len(fields) != 10:
        raise DataError(
            f"{len(fields)} columns where CoNLL-U has 10",
            where=where,
            fix="Separate the columns by one tab each, or read the file as format 'conll'",
        )
    raise DataError(f"the id {fields[0]!r} is not a number, a range (3-4) or an empty node (8.1)", where=where)


def write_conllu_sentences(sentences: Iterable[ConlluSentence], stream: IO[str]) -> None:
    """Write the sentences as they were read. Open the stream with `newline=""` to keep `\\r\\n` as it is."""
    for sentence in sentences:
        lines = [*sentence.comments, *map("\t".join, sentence.rows)]
        stream.write(sentence.before + sentence.newline.join(lines) + sentence.after)
