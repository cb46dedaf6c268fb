"""What is written can be read again, and pieces of a text put together are the text."""

from __future__ import annotations

import io

from hypothesis import given, strategies as st

from syntagma.text.document import Arc, Document, Sentence, Token, TokenSpan
from syntagma.text.formats import (
    ConlluRow,
    ConlluSentence,
    read_conll,
    read_conllu,
    read_conllu_sentences,
    read_jsonl,
    read_plain,
    write_conll,
    write_conllu,
    write_conllu_sentences,
    write_jsonl,
)
from syntagma.text.segmentation import segment

RELATIONS = st.sampled_from(["nsubj:pass", "root", "conj>obl:in", "dep"])
CONFIDENCES = st.none() | st.integers(0, 10_000).map(lambda part: part / 10_000)
TYPES = st.sampled_from(["PER", "LOC", "creative-work"])
BROKEN = st.text(alphabet=st.sampled_from("ab \n\r\t\u2028é😀"), max_size=200)
SOME = st.sampled_from("ab-#._| \n\t'é😀你\u200d\u0301")
FIELD = st.text(
    alphabet=st.characters(blacklist_categories=["Cs"], blacklist_characters="\t\n\r\0"), min_size=1, max_size=5
)


@st.composite
def documents(draw: st.DrawFn, alphabet: st.SearchStrategy[str]) -> Document:
    text = draw(st.text(alphabet=alphabet, max_size=60))
    document = segment(text)
    for sentence in document.sentences:
        for token in sentence.tokens:
            token.tags["upos"] = draw(st.sampled_from(["NOUN", "X"]))
        sentence.spans["ner"] = draw(_spans(len(sentence.tokens)))
        if draw(st.booleans()):
            sentence.trees["dependencies"] = draw(_tree(len(sentence.tokens)))
        if draw(st.booleans()):
            sentence.graphs["enhanced"] = draw(_graph(len(sentence.tokens)))
    return document


@st.composite
def _spans(draw: st.DrawFn, length: int) -> list[TokenSpan]:
    spans, first = [], 0
    while first < length:
        stop = draw(st.integers(first + 1, length))
        if draw(st.booleans()):
            spans.append(TokenSpan(first, stop, draw(TYPES), draw(CONFIDENCES)))
        first = stop
    return spans


@st.composite
def _tree(draw: st.DrawFn, length: int) -> list[Arc]:
    """One arc a word, of a tree or not."""
    heads = [draw(st.integers(0, length - 1)) for _ in range(length)]
    return [Arc(head + (head >= number), draw(RELATIONS), draw(CONFIDENCES)) for number, head in enumerate(heads, 1)]


@st.composite
def _graph(draw: st.DrawFn, length: int) -> list[list[Arc]]:
    ends = st.tuples(st.integers(0, length), RELATIONS)
    chosen = [sorted(draw(st.sets(ends, max_size=2))) for _ in range(length)]
    return [[Arc(head, relation, draw(CONFIDENCES)) for head, relation in arcs] for arcs in chosen]


def _bare(sentences: list[Sentence]) -> list[tuple[list[str], list[tuple[int, int, str]]]]:
    return [(s.words, [(span.first, span.stop, span.label) for span in s.spans["ner"]]) for s in sentences]


@given(documents(st.characters()))
def test_json_lines_keep_all_there_is(document: Document) -> None:
    stream = io.StringIO()
    write_jsonl([document], stream)
    assert stream.getvalue().count("\n") == 1
    assert len(stream.getvalue().splitlines()) == 1
    [back] = read_jsonl(io.BytesIO(stream.getvalue().encode()))
    assert back.text == document.text
    for one, other in zip(back.sentences, document.sentences, strict=True):
        assert one.tokens == other.tokens
        assert (one.spans, one.trees, one.graphs) == (other.spans, other.trees, other.graphs)


@given(documents(SOME), st.sampled_from(["iob1", "iob2", "bioes", "bilou"]))
def test_conll_keeps_words_and_spans(document: Document, scheme: str) -> None:
    stream = io.StringIO()
    write_conll([document], stream, scheme=scheme)
    back = list(read_conll(io.StringIO(stream.getvalue()), scheme=scheme))
    assert _bare([sentence for each in back for sentence in each.sentences]) == _bare(document.sentences)


@given(documents(SOME))
def test_conllu_keeps_words_tags_entities_trees_and_graphs(document: Document) -> None:
    stream = io.StringIO()
    write_conllu([document], stream)
    back = [sentence for each in read_conllu(io.StringIO(stream.getvalue())) for sentence in each.sentences]
    assert _bare(back) == _bare(document.sentences)
    assert [s.spans for s in back] == [s.spans for s in document.sentences]
    assert [s.tags("upos") for s in back] == [s.tags("upos") for s in document.sentences]
    assert [s.trees for s in back] == [s.trees for s in document.sentences]
    assert [s.graphs for s in back] == [s.graphs for s in document.sentences]


@st.composite
def conllu_sentences(draw: st.DrawFn) -> ConlluSentence:
    identifiers = draw(st.lists(st.sampled_from(["1", "2-3", "10", "8.1"]), min_size=1, max_size=4))
    rows = [ConlluRow(each, *draw(st.lists(FIELD, min_size=9, max_size=9))) for each in identifiers]
    comments = [f"#{comment}" for comment in draw(st.lists(FIELD, max_size=3))]
    return ConlluSentence(comments, rows, after="\n" * draw(st.integers(2, 4)))


@given(st.lists(conllu_sentences(), max_size=3), st.sampled_from(["\n", "\r\n"]))
def test_conllu_sentences_come_back_as_they_were(sentences: list[ConlluSentence], newline: str) -> None:
    stream = io.StringIO(newline="")
    write_conllu_sentences(sentences, stream)
    text = stream.getvalue().replace("\n", newline)
    back = list(read_conllu_sentences(io.BytesIO(text.encode())))
    assert [sentence.rows for sentence in back] == [sentence.rows for sentence in sentences]
    again = io.StringIO(newline="")
    write_conllu_sentences(back, again)
    assert again.getvalue() == text


@given(BROKEN, st.integers(1, 30))
def test_the_pieces_of_a_file_are_the_file(text: str, limit: int) -> None:
    found = list(read_plain(io.BytesIO(text.encode()), limit=limit))
    assert "".join(piece.text for piece in found) == text
    assert [piece.offset for piece in found] == [sum(len(p.text) for p in found[:i]) for i in range(len(found))]


@given(BROKEN, st.integers(1, 30), st.sampled_from(["line", "paragraph"]))
def test_lines_and_paragraphs_lose_only_white_space(text: str, limit: int, by: str) -> None:
    found = list(read_plain(io.BytesIO(text.encode()), by=by, limit=limit))  # type: ignore[arg-type]
    end = 0
    for piece in found:
        assert text[piece.offset : piece.offset + len(piece.text)] == piece.text
        assert not text[end : piece.offset].strip()
        end = piece.offset + len(piece.text)
    assert not text[end:].strip()


@given(BROKEN)
def test_lines_are_those_of_universal_newlines(text: str) -> None:
    found = [piece.text for piece in read_plain(io.BytesIO(text.encode()), by="line")]
    assert found == [line.rstrip("\n") for line in io.StringIO(text, newline=None)]


def test_a_token_needs_no_surface_of_its_own() -> None:
    document = Document("du", [Sentence([Token("de", 0, 2), Token("le", 0, 2)], {"ner": [TokenSpan(0, 2, "X")]})])
    stream = io.StringIO()
    write_jsonl([document], stream)
    [back] = read_jsonl(io.StringIO(stream.getvalue()))
    assert back.tokens == document.tokens
    assert back.entities == document.entities
