"""Annotated documents written as CoNLL-U."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import IO

from syntagma.text.document import DEPENDENCIES, ENHANCED, ENTITIES, PARTS_OF_SPEECH, Document, Sentence, Token
from syntagma.text.formats import conllu_dependencies, conllu_entities
from syntagma.text.formats.conllu_dependencies import graph_fields, tree_fields
from syntagma.text.formats.conllu_entities import entity_fields
from syntagma.text.formats.conllu_sentences import ConlluRow, ConlluSentence, write_conllu_sentences
from syntagma.text.formats.writing import clean_field

BLANK_LINE = re.compile(r"\n[^\S\n]*\n|\r[^\S\r\n]*\r")
NO_SPACE = "SpaceAfter=No"


def write_conllu(documents: Iterable[Document], stream: IO[str]) -> None:
    """Write words, the tags `upos` and `xpos`, the tree `dependencies` and the graph `enhanced`, and entities in MISC.

    There too are the confidences of entities and arcs: see `conllu_entities` and `conllu_dependencies`.

    A document begins with `# newdoc` (its id is the source, and `@` the offset of a piece of one), a sentence after a
    blank line of the text with `# newpar`. `# text` is the sentence's own text, with a space for each tab, line end
    or other character that would part lines, and U+FFFD for each lone surrogate. Words that share their characters
    get a multi-word range. Documents without sentences leave no trace.
    """
    write_conllu_sentences(_sentences(documents), stream)


def _sentences(documents: Iterable[Document]) -> Iterator[ConlluSentence]:
    number = 0
    for document in documents:
        comments = [_newdoc(document)]
        sentences = [sentence for sentence in document.sentences if sentence.tokens]
        following = [sentence.start for sentence in sentences[1:]] + [len(document.text) + 1]
        for sentence, after in zip(sentences, following, strict=False):
            number += 1
            comments += [
                f"# sent_id = {number}",
                f"# text = {clean_field(document.text[sentence.start : sentence.end])}",
            ]
            comments += _marks(sentence)
            yield ConlluSentence(comments, list(_rows(sentence, document.text, after)))
            comments = ["# newpar"] if BLANK_LINE.search(document.text, sentence.end, after) else []


def _newdoc(document: Document) -> str:
    if document.source is None:
        return "# newdoc"
    place = f"@{document.offset}" if document.offset else ""
    return f"# newdoc id = {clean_field(document.source)}{place}"


def _marks(sentence: Sentence) -> Iterator[str]:
    """Comments on layers that were looked at and may hold nothing."""
    if ENTITIES in sentence.spans:
        yield f"# {conllu_entities.MARK} = {len(sentence.spans[ENTITIES])}"
    if ENHANCED in sentence.graphs and not any(sentence.graphs[ENHANCED]):
        yield f"# {conllu_dependencies.MARK} = 0"


def _rows(sentence: Sentence, text: str, after: int) -> Iterator[ConlluRow]:
    """The rows of a sentence; `after` is the offset of what follows it in the document."""
    length = len(sentence.tokens)
    entities = iter(entity_fields(sentence.spans.get(ENTITIES, ()), length))
    tree = tree_fields(sentence.trees.get(DEPENDENCIES), length)
    graph = graph_fields(sentence.graphs.get(ENHANCED), length)
    groups = [list(words) for _, words in groupby(sentence.tokens, key=lambda token: (token.start, token.end))]
    starts = [words[0].start for words in groups] + [after]
    number = 1
    for words, (_, following) in zip(groups, pairwise(starts), strict=True):
        first = words[0]
        spacing = NO_SPACE if following == first.end else ""
        if len(words) > 1:
            surface = clean_field(text[first.start : first.end])
            yield ConlluRow(f"{number}-{number + len(words) - 1}", surface, misc=spacing or "_")
            spacing = ""
        for word in words:
            head, relation, sure = next(tree)
            deps, all_sure = next(graph)
            misc = "|".join(filter(None, [next(entities), sure, all_sure, spacing]))
            yield _row(number, word)._replace(head=head, deprel=relation, deps=deps, misc=misc or "_")
            number += 1


def _row(number: int, word: Token) -> ConlluRow:
    upos, xpos = word.tags.get(PARTS_OF_SPEECH, "_"), word.tags.get("xpos", "_")
    return ConlluRow(str(number), clean_field(word.text), upos=upos, xpos=xpos)
