from __future__ import annotations

import io
from pathlib import Path

import pytest

from syntagma.errors import DataError, LabelError
from syntagma.text.document import Arc, Document, Sentence, Token, TokenSpan
from syntagma.text.formats import read_conll, write_conll


def read(text: str, **options: object) -> list[Document]:
    return list(read_conll(io.StringIO(text, newline=""), **options))  # type: ignore[arg-type]


def entities(documents: list[Document]) -> list[tuple[str, str]]:
    return [(entity.text, entity.label) for document in documents for entity in document.entities]


def test_tabs_and_two_columns_are_found_out() -> None:
    documents = read("New\tB-LOC\nYork\tI-LOC\n.\tO\n\nHi\tO\n")
    assert [document.text for document in documents] == ["New York .", "Hi"]
    assert entities(documents) == [("New York", "LOC")]
    assert documents[1].sentences[0].spans == {"ner": []}
    assert [sentence.where for document in documents for sentence in document.sentences] == ["<stream>:1", "<stream>:5"]


def test_runs_of_blanks_part_columns() -> None:
    assert entities(read("Anna   NNP  I-PER\nBo NNP I-PER\n")) == [("Anna Bo", "PER")]


def test_columns_by_name_give_several_layers() -> None:
    text = "1\tAnna\tPROPN\tx\tB-PER\n2\tsings\tVERB\tx\tO\n"
    columns = ["-", "word", "upos", "-", "ner"]
    [document] = read(text, columns=columns, layers={"ner": "spans", "upos": "tags"})
    assert document.sentences[0].tags("upos") == ["PROPN", "VERB"]
    assert entities([document]) == [("Anna", "PER")]


TREE = {"columns": ["word", "head", "deprel"], "layers": {"dependencies": "tree"}}


def test_heads_and_relations_are_a_tree() -> None:
    documents = read("Ann 2 nsubj\nsings 0 root\n\nso _ dep\nwhat 0 root\n", **TREE)
    assert documents[0].sentences[0].trees == {"dependencies": [Arc(2, "nsubj"), Arc(0, "root")]}
    assert documents[1].sentences[0].trees == {}


def test_bad_heads_are_named() -> None:
    with pytest.raises(DataError, match=r"<stream>:4: the head 3 is not in the sentence, which has 2 words"):
        read("Ann 0 x\n\nso 0 root\nwhat 3 x\n", **TREE)
    with pytest.raises(DataError, match="which columns hold head, deprel"):
        read("Ann 0 x\n", layers={"dependencies": "tree"})
    with pytest.raises(DataError, match="the columns word, head, - hold 'deprel' 0 times"):
        read("Ann 0 x\n", **{**TREE, "columns": ["word", "head", "-"]})


def test_an_underscore_is_no_tag() -> None:
    [document] = read("a\tNOUN\nb\t_\n", layers={"upos": "tags"})
    assert [token.tags for token in document.tokens] == [{"upos": "NOUN"}, {}]


def test_another_separator() -> None:
    assert entities(read("St. Gallen;B-LOC\nist;O\n", separator=";")) == [("St. Gallen", "LOC")]


def test_docstart_opens_documents() -> None:
    documents = read("-DOCSTART- -X- O O\n\na O\n\nb O\n\n-DOCSTART- -X- O O\n\nc O\n")
    assert [document.text for document in documents] == ["a b", "c"]
    assert [token.start for token in documents[0].tokens] == [0, 2]


def test_white_lines_end_sentences_and_carriage_returns_are_no_part_of_tags() -> None:
    assert len(read("a\tO\r\n\t\r\n  \r\nb\tB-X\r\n")) == 2
    assert entities(read("a\tO\r\n\r\nb\tB-X\r\n")) == [("b", "X")]


def test_comments_and_the_text_they_hold() -> None:
    text = "# newdoc id = one\n# sent_id = 1\n# text = I'm in Rome.\n"
    text += "1\tI\tO\n2\t'm\tO\n3\tin\tO\n4\tRome\tB-LOC\n5\t.\tO\n\n"
    text += "# newpar\n# text = not these words\n1\tBye\tO\n"
    [document] = read(text, columns=["-", "word", "ner"])
    assert document.text == "I'm in Rome.\n\nBye"
    assert [document.text[token.start : token.end] for token in document.tokens] == [
        "I",
        "'m",
        "in",
        "Rome",
        ".",
        "Bye",
    ]


def test_a_hash_can_be_a_word() -> None:
    assert read("# O\n1 O\n\n# newdoc id = 2\nx O\n# O\n")[0].sentences[0].words == ["#", "1"]
    assert read("#tag\tO\n#\tB-X\n")[0].sentences[0].words == ["#tag", "#"]
    assert read("#\nb\n", columns=["word"], layers={})[0].sentences[0].words == ["#", "b"]
    assert read("# a remark of many words\na O\n")[0].sentences[0].words == ["a"]


def test_every_row_is_a_token_even_without_a_word() -> None:
    [document] = read("\tO\n😀 \tB-X\n \tO\nke s\tO\n")
    assert document.sentences[0].words == ["\ufffd", "😀", "\ufffd", "ke s"]


@pytest.mark.parametrize("tags", ["B-X I-X B-X", "I-X I-X B-X", "B-X E-X S-X", "B-X L-X U-X"])
def test_schemes_are_found_out(tags: str) -> None:
    text = "".join(f"w{index}\t{tag}\n" for index, tag in enumerate(tags.split()))
    assert entities(read(text)) == [("w0 w1", "X"), ("w2", "X")]


def test_a_stray_inside_tag_begins_a_span() -> None:
    assert entities(read("a\tO\nb\tI-X\nc\tI-Y\n", scheme="iob2")) == [("b", "X"), ("c", "Y")]


def test_a_tag_of_another_scheme_names_its_line() -> None:
    with pytest.raises(
        LabelError, match=r"<stream>:4: tag 'U-X' in a file of the scheme bioes, whose tags are O B- E-"
    ):
        read("a\tS-X\nb\tO\n\nc\tU-X\n")
    with pytest.raises(LabelError, match=r"<stream>:1: tag 'S-X' in a file of the scheme iob2"):
        read("a\tS-X\n", scheme="iob2")
    with pytest.raises(LabelError, match=r"<stream>:2: tag 'PER' has no known prefix"):
        read("a\tO\nb\tPER\n")
    with pytest.raises(LabelError, match=r"there is no label scheme 'iob3'\. Use one of: io, iob1, iob2, bioes, bilou"):
        read("a\tO\n", scheme="iob3")


def test_types_are_renamed_and_dropped() -> None:
    text = "a\tB-person\nb\tB-group\nc\tO\n"
    assert entities(read(text, types={"person": "PER", "group": ""})) == [("a", "PER")]


def test_an_unknown_type_names_the_nearest() -> None:
    with pytest.raises(
        DataError, match=r"<stream>:2: the type 'persn' .* maps: person, group\. Did you mean 'person'\?"
    ):
        read("a\tO\nb\tB-persn\n", types={"person": "PER", "group": ""})


def test_merging_types_keeps_neighbours_apart() -> None:
    assert entities(read("a\tI-x\nb\tI-y\n", types={"x": "T", "y": "T"})) == [("a", "T"), ("b", "T")]


def test_ragged_columns_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "ragged.conll"
    path.write_text("a\tO\nb\tO\n\nc\tO\tO\n")
    with pytest.raises(DataError, match=rf"{path}:4: 3 columns, separated by tabs, where 2 were expected: 'c\\tO\\tO'"):
        list(read_conll(path))
    with pytest.raises(DataError, match=r"<stream>:2: 1 columns, separated by blanks, where 2 were expected"):
        read("a O\nb\n")
    with pytest.raises(DataError, match=r"<stream>:1: 2 columns, separated by tabs, where 3 were expected"):
        read("a\tO\n", columns=["word", "-", "ner"])


def test_columns_that_do_not_fit_the_layers() -> None:
    with pytest.raises(DataError, match=r"hold 'ner' 0 times\. Name one column 'ner', and '-' those to ignore"):
        read("a\tO\n", columns=["word", "nre"])
    with pytest.raises(DataError, match=r"which columns hold ner, upos\?"):
        read("a\tO\n", layers={"ner": "spans", "upos": "tags"})
    with pytest.raises(DataError, match="<stream>:1: there is only one column, so there are no labels"):
        read("a\n")


def test_writing_one_sentence_documents_and_longer_ones() -> None:
    def sentence(*words: str, spans: list[TokenSpan]) -> Sentence:
        return Sentence([Token(word, 0, len(word)) for word in words], {"ner": spans})

    one = Document("", [sentence("New", "York\t", spans=[TokenSpan(0, 2, "LOC")])])
    two = Document("", [sentence("\ud83d", spans=[]), sentence("b", spans=[])])
    stream = io.StringIO()
    write_conll([one, two, one], stream, scheme="bioes")
    new_york = "New\tB-LOC\nYork \tE-LOC\n\n"
    docstart = "-DOCSTART-\tO\n\n"
    assert stream.getvalue() == new_york + docstart + "\ufffd\tO\n\nb\tO\n\n" + docstart + new_york
    assert [len(document.sentences) for document in read(stream.getvalue())] == [1, 2, 1]


def test_writing_a_layer_that_is_not_there() -> None:
    document = Document("a", [Sentence([Token("a", 0, 1)], where="x.conll:7")])
    with pytest.raises(LabelError, match=r"x\.conll:7: a sentence has no layer 'upos' to write"):
        write_conll([document], io.StringIO(), layer="upos")
