from __future__ import annotations

import io
import json
import logging
import re

import pytest

from syntagma.errors import DataError
from syntagma.text.document import Arc, Document, Sentence, Token, TokenSpan
from syntagma.text.formats import MisalignedSpan, read_jsonl, write_jsonl

LINE = {
    "text": "Ada left.  Bo 😀",
    "tokens": [
        {"start": start, "end": end, "upos": "X"} for start, end in [(0, 3), (4, 8), (8, 9), (11, 13), (14, 15)]
    ],
    "entities": [{"start": 0, "end": 3, "label": "PER", "confidence": 0.5}],
}


def read(*lines: object, **options: object) -> list[Document]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return list(read_jsonl(io.StringIO(text), **options))  # type: ignore[arg-type]


def test_tokens_and_entities_are_read() -> None:
    [document] = read(LINE | {"source": "s", "offset": 7})
    assert (document.text, document.source, document.offset) == (LINE["text"], "s", 7)
    assert [token.text for token in document.tokens] == ["Ada", "left", ".", "Bo", "😀"]
    assert [token.upos for token in document.tokens] == ["X"] * 5
    assert [(span.text, span.label, span.confidence) for span in document.entities] == [("Ada", "PER", 0.5)]
    assert [len(sentence.tokens) for sentence in document.sentences] == [3, 2]
    assert document.sentences[1].spans == {"ner": []}
    assert {sentence.where for sentence in document.sentences} == {"<stream>:1"}


def test_text_alone_is_segmented_and_not_annotated() -> None:
    [document] = read("", {"text": "Ada left. Bo stayed."}, " ")
    assert [len(sentence.tokens) for sentence in document.sentences] == [3, 3]
    assert all(sentence.spans == {} for sentence in document.sentences)


def test_only_the_layers_asked_for() -> None:
    [document] = read(LINE, layers=["upos"])
    assert document.sentences[0].spans == {}
    [document] = read(LINE, layers=["ner"])
    assert document.tokens[0].tags == {}
    assert len(document.entities) == 1


def test_an_entity_joins_the_sentences_it_reaches_into() -> None:
    text = "He left. Bo came. Ok."
    [document] = read({"text": text, "entities": [{"start": 3, "end": 11, "label": "X"}]})
    assert [len(sentence.tokens) for sentence in document.sentences] == [6, 2]
    assert document.entities[0].text == "left. Bo"


def test_misaligned_spans_are_collected_in_one_error() -> None:
    bad = LINE | {"entities": [{"start": 1, "end": 3, "label": "PER"}, {"start": 4, "end": 6, "label": "X"}]}
    stream = io.StringIO("\n".join(json.dumps(line) for line in (LINE, bad, LINE, bad)))
    documents = []
    with pytest.raises(DataError) as caught:
        documents += list(read_jsonl(stream))
    message = str(caught.value)
    assert message.startswith("<stream>: 4 span(s) meet no token boundary:\n  <stream>:2: 1:3 'da' (PER)\n")
    assert "<stream>:4: 4:6 'le' (X)" in message
    assert "on_misaligned='skip'" in message


def test_misaligned_spans_are_skipped_or_told(caplog: pytest.LogCaptureFixture) -> None:
    bad = LINE | {"entities": [{"start": 0, "end": 2, "label": "X"}, {"start": 4, "end": 8, "label": "Y"}]}
    with caplog.at_level(logging.WARNING):
        [document] = read(bad, on_misaligned="skip")
    assert [span.label for span in document.entities] == ["Y"]
    assert "<stream>:1: 0:2 'Ad' (X)" in caplog.text
    told: list[MisalignedSpan] = []
    read(bad, on_misaligned=told.append)
    assert told == [MisalignedSpan("<stream>:1", 0, 2, "Ad", "X")]


def test_a_long_report_is_cut() -> None:
    bad = {"text": "abc", "entities": [{"start": 1, "end": 2, "label": "X"}]}
    with pytest.raises(DataError, match="25 span") as caught:
        read(*[bad] * 25)
    assert "and 5 more" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "<stream>:1: no JSON: Expecting property name enclosed in double quotes at character 2"),
        ("[" * 100_000, "<stream>:1: no JSON"),
        ([1], "<stream>:1: a list where a line holds one JSON object"),
        ({}, "<stream>:1: 'text' is missing, where a string was expected"),
        ({"text": 3}, "<stream>:1: 'text' is 3, where a string was expected"),
        ({"text": "a", "entities": {}}, "'entities' is {}, where a list was expected"),
        ({"text": "a", "entities": [3]}, "3 among the 'entities', where each is an object"),
        ({"text": "a", "entities": [{"start": True, "end": 1}]}, "'start' is True, where a whole number was expected"),
        ({"text": "a", "entities": [{"start": 0, "end": 1}]}, "'label' is missing"),
        ({"text": "a", "entities": [{"start": 0, "end": 1, "label": ""}]}, "the entity at 0:1 has an empty label"),
        (
            {"text": "a", "entities": [{"start": 0, "end": 2, "label": "X"}]},
            "0:2 is empty or outside the text, which has 1",
        ),
        ({"text": "a", "entities": [{"start": 0, "end": 1, "label": "X", "confidence": "h"}]}, "'confidence' is 'h'"),
        (
            {"text": "ab", "entities": [{"start": 0, "end": 1, "label": "X", "text": "b"}]},
            "the entity at 0:1 is said to be 'b', but the text has 'a' there. Offsets count characters",
        ),
        (
            {"text": "a b", "entities": [{"start": s, "end": e, "label": "X"} for s, e in [(2, 3), (0, 3)]]},
            "the entities 0:3 (X) and 2:3 (X) overlap",
        ),
        (
            {"text": "ab", "tokens": [{"start": 1, "end": 2}, {"start": 0, "end": 1}]},
            "the tokens at 1:2 and 0:1 overlap or are out of order",
        ),
        ({"text": "ab", "tokens": [{"start": 1, "end": 2, "text": ""}]}, "the token at 1:2 has an empty text"),
        ({"text": "ab", "tokens": [{"start": 1, "end": 2, "upos": 3}]}, "'upos' is 3, where a string was expected"),
    ],
)
def test_bad_records_are_named(line: object, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read(line)


def test_surrogates_in_escapes_are_safe() -> None:
    [document] = read('{"text": "a \\ud83d b \\ud83d\\ude00"}')
    assert document.text == "a \ud83d b 😀"
    stream = io.StringIO()
    write_jsonl([document], stream)
    line = stream.getvalue().encode().decode()
    assert "\\ud83d b 😀" in line
    assert json.loads(line)["text"] == document.text


def test_what_is_written() -> None:
    tokens = [Token("Ada", 0, 3, {"upos": "PROPN"}), Token("le", 4, 6), Token("\\", 7, 8)]
    sentence = Sentence(tokens, {"ner": [TokenSpan(0, 1, "PER", 0.123456), TokenSpan(2, 3, "X")]})
    document = Document('Ada du \\ "\u2028é', [sentence], "a.txt", 12)
    stream = io.StringIO()
    write_jsonl([document, Document("x", [Sentence([Token("x", 0, 1)])]), Document("")], stream)
    lines = stream.getvalue().split("\n")
    assert lines[0] == (
        '{"text": "Ada du \\\\ \\"\\u2028é", "tokens": [{"start": 0, "end": 3, "upos": "PROPN"}, '
        '{"start": 4, "end": 6, "text": "le"}, {"start": 7, "end": 8}], "sentences": [[0, 3]], '
        '"entities": [{"start": 0, "end": 3, "text": "Ada", "label": "PER", "confidence": 0.1235}, '
        '{"start": 7, "end": 8, "text": "\\\\", "label": "X"}], "source": "a.txt", "offset": 12}'
    )
    assert json.loads(lines[1]) == {"text": "x", "tokens": [{"start": 0, "end": 1}], "sentences": [[0, 1]]}
    assert json.loads(lines[2]) == {"text": "", "tokens": [], "entities": []}
    assert lines[3:] == [""]


def arcs(*fields: dict[str, object], **others: object) -> dict[str, object]:
    """A line of one-letter words with these fields."""
    tokens = [{"start": 2 * index, "end": 2 * index + 1} | each for index, each in enumerate(fields)]
    return {"text": " ".join("abcdefg"[: len(fields)]), "tokens": tokens} | others


ROOT = {"head": None, "deprel": "root"}


def test_heads_are_places_in_the_document() -> None:
    line = arcs({"head": 1, "deprel": "x", "head_confidence": 0.5}, ROOT, {"head": 3, "deprel": "y"}, ROOT)
    [document] = read(line | {"sentences": [[0, 2], [2, 4]]})
    assert [sentence.trees["dependencies"] for sentence in document.sentences] == [
        [Arc(2, "x", 0.5), Arc(0, "root")],
        [Arc(2, "y"), Arc(0, "root")],
    ]
    assert all(not token.tags for token in document.tokens)
    assert all(not sentence.graphs for sentence in document.sentences)


def test_a_graph_has_any_number_of_arcs_and_a_tree_all() -> None:
    deps = [{"head": 1, "deprel": "y"}, {"head": 1, "deprel": "x", "confidence": 1}, {"head": None, "deprel": "top"}]
    [document] = read(arcs({"deps": deps}, ROOT, {"deps": None}))
    assert document.sentences[0].graphs == {"enhanced": [[Arc(0, "top"), Arc(2, "x", 1.0), Arc(2, "y")], [], []]}
    assert document.sentences[0].trees == {}


def test_an_arc_joins_the_sentences_that_nobody_gave() -> None:
    text = "He left. Bo came. Ok."
    tokens = [{"start": start, "end": end} for start, end in ((0, 2), (3, 7), (7, 8), (9, 11), (12, 16), (16, 17))]
    tokens += [{"start": 18, "end": 20}, {"start": 20, "end": 21}]
    assert [len(sentence.tokens) for sentence in read({"text": text, "tokens": tokens})[0].sentences] == [3, 3, 2]
    linked = [tokens[0] | {"deps": [{"head": 4, "deprel": "x"}]}, *tokens[1:]]
    [document] = read({"text": text, "tokens": linked})
    assert [len(sentence.tokens) for sentence in document.sentences] == [6, 2]
    [document] = read({"text": text, "tokens": linked}, layers=["dependencies"])
    assert [len(sentence.tokens) for sentence in document.sentences] == [3, 3, 2]
    assert all(not sentence.graphs for sentence in document.sentences)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (arcs({"head": "x", "deprel": "y"}), "<stream>:1: 'head' is 'x', where a whole number was expected"),
        (arcs({"head": 0, "deprel": "y"}), "the token 0 is its own head. The head of a root is null"),
        (
            arcs({"head": 2, "deprel": "y"}),
            "the head 2 is not among the 1 tokens. Heads are places in 'tokens'",
        ),
        (arcs({"head": -1, "deprel": "y"}), "the head -1 is not among the 1 tokens"),
        (arcs({"head": None, "deprel": ""}), "'deprel' is empty"),
        (arcs({"head": None, "deprel": 3}), "'deprel' is 3, where a string was expected"),
        (arcs({"head": None, "deprel": "x", "head_confidence": "?"}), "'head_confidence' is '?', where a number was"),
        (arcs({"deps": [3]}), "3 among the 'deps', where each is an object with 'head' and 'deprel'"),
        (arcs({"deps": [{"deprel": "x"}]}), "'head' is missing, where a whole number was expected"),
        (
            arcs({"head": 1, "deprel": "x"}, ROOT, sentences=[[0, 1], [1, 2]]),
            "the head 1 (x) is in another sentence, not in 0 to 0. Heads are places in the document's 'tokens'",
        ),
        (arcs(ROOT, ROOT, sentences=[[0, 1]]), "the sentences have 1 of 2 tokens. Give [[0, 7], [7, 12]] for"),
        (arcs(ROOT, ROOT, sentences=[[0, 1], [0, 2]]), "the sentence 0:2 is empty or does not begin at the token 1"),
        (arcs(ROOT, sentences=[[0, 0], [0, 1]]), "the sentence 0:0 is empty or does not begin at the token 0"),
        (arcs(ROOT, sentences=[{"first": 0}]), "{'first': 0} among the 'sentences', where each is a pair of whole"),
        (arcs(ROOT, sentences=[[0, True]]), "[0, True] among the 'sentences', where each is a pair of whole numbers"),
    ],
)
def test_bad_arcs_and_sentences_are_named(line: object, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read(line)


def test_arcs_that_are_written() -> None:
    tokens = [Token(letter, 2 * index, 2 * index + 1) for index, letter in enumerate("abc")]
    first = Sentence(tokens[:1], trees={"dependencies": [Arc(0, "root", 0.98765)]})
    tree, graph = [Arc(2, 'x"y'), Arc(0, "root")], [[], [Arc(0, "top", 0.5), Arc(1, "z")]]
    second = Sentence(tokens[1:], trees={"dependencies": tree}, graphs={"enhanced": graph})
    stream = io.StringIO()
    write_jsonl([Document("a b c", [first, second])], stream)
    assert json.loads(stream.getvalue()) == {
        "text": "a b c",
        "tokens": [
            {"start": 0, "end": 1, "head": None, "deprel": "root", "head_confidence": 0.9877},
            {"start": 2, "end": 3, "head": 2, "deprel": 'x"y', "deps": []},
            {
                "start": 4,
                "end": 5,
                "head": None,
                "deprel": "root",
                "deps": [{"head": None, "deprel": "top", "confidence": 0.5}, {"head": 1, "deprel": "z"}],
            },
        ],
        "sentences": [[0, 1], [1, 3]],
    }
