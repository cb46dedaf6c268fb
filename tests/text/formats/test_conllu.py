from __future__ import annotations

import io
import re

import pytest

from syntagma.errors import DataError
from syntagma.text.document import Arc, Document, Sentence, Token, TokenSpan
from syntagma.text.formats import read_conllu, read_conllu_sentences, write_conllu, write_conllu_sentences

SAMPLE = """\
# newdoc id = d1
# sent_id = 1
# text = Je vais au lac, don't I?
1\tJe\tje\tPRON\tPRP\tA=1|B=2\t2\tnsubj\t_\t_
2\tvais\taller\tVERB\t_\t_\t0\troot\t_\t_
3-4\tau\t_\t_\t_\t_\t_\t_\t_\t_
3\tà\tà\tADP\t_\t_\t5\tcase\t_\t_
4\tle\tle\tDET\t_\t_\t5\tdet\t_\t_
4.1\tgrand\tgrand\tADJ\t_\t_\t_\t_\t5:amod\t_
5\tlac\tlac\tNOUN\t_\t_\t2\tobl\t_\tSpaceAfter=No
6\t,\t,\tPUNCT\t_\t_\t2\tpunct\t_\t_
7-8\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
7\tdo\tdo\tAUX\t_\t_\t9\taux\t_\t_
8\tn't\tnot\tPART\t_\t_\t9\tadvmod\t_\t_
9\tI\tI\tPRON\t_\t_\t2\tparataxis\t_\tSpaceAfter=No
10\t?\t?\tPUNCT\t_\t_\t2\tpunct\t_\t_

# newpar id = p2
# sent_id = 2
1\tEn\ten\tADP\t_\t_\t0\troot\t_\tSpaceAfter=No
2\td\td\tX\t_\t_\t1\tdep\t_\t_

"""


WORDS = [line for line in SAMPLE.split("\n\n")[0].split("\n") if re.match(r"\d+\t", line)]


def read(text: str) -> list[Document]:
    return list(read_conllu(io.StringIO(text, newline="")))


def lossless(text: str) -> str:
    stream = io.StringIO(newline="")
    write_conllu_sentences(read_conllu_sentences(io.StringIO(text, newline="")), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        SAMPLE,
        SAMPLE.replace("\n", "\r\n"),
        "\n\n" + SAMPLE + "\n\n",
        SAMPLE.rstrip("\n"),
        SAMPLE.rstrip("\n") + "\n",
        SAMPLE + "# a comment without words",
        "\n \n",
        "",
    ],
)
def test_sentences_come_back_byte_for_byte(text: str) -> None:
    assert lossless(text) == text


def test_words_divide_or_share_the_characters_of_their_token() -> None:
    [document] = read(SAMPLE)
    assert document.text == "Je vais au lac, don't I?\n\nEnd"
    found = [(token.text, document.text[token.start : token.end]) for token in document.tokens]
    assert ("à", "au") in found
    assert ("le", "au") in found
    assert ("do", "do") in found
    assert ("n't", "n't") in found
    assert "grand" not in dict(found)
    assert document.sentences[0].tags("upos") == [row.split("\t")[3] for row in WORDS]
    assert document.tokens[0].tags == {"upos": "PRON", "xpos": "PRP"}
    assert [sentence.where for sentence in document.sentences] == ["<stream>:1", "<stream>:18"]


def test_a_text_that_does_not_spell_the_words_is_left_aside() -> None:
    [document] = read(SAMPLE.replace("lac,", "mer,"))
    assert document.text.startswith("Je vais au lac, don't I?")


def test_without_document_marks_every_sentence_is_one() -> None:
    row = "1\ta\t_\t_\t_\t_\t_\t_\t_\t_\n\n"
    assert [document.text for document in read(row * 3)] == ["a"] * 3
    assert [document.text for document in read("# newdoc\n" + row * 2 + "# newdoc\n" + row)] == ["a a", "a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1\ta\tb\n", "<stream>:1: 3 columns where CoNLL-U has 10. Separate the columns by one tab each"),
        ("\n# c\nx" + "\t_" * 9, "<stream>:3: the id 'x' is not a number, a range (3-4) or an empty node (8.1)"),
        ("1" + "\t_" * 9 + "\n# late\n", "<stream>:2: a comment inside a sentence. Move it above"),
        ("1" + "\t_" * 9 + "\n2-3" + "\t_" * 9 + "\n", "<stream>:1: the multi-word token 2-3 has no words"),
    ],
)
def test_bad_lines_are_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read(text)


def annotated() -> Document:
    text = "Ada  met\tBo.\n\nOk\u2028!"
    words = [(0, 3), (5, 8), (9, 11), (11, 12), (14, 16), (17, 18)]
    tokens = [Token(text[start:end], start, end, {"upos": "X"}) for start, end in words]
    entities = [TokenSpan(0, 1, "PER", 0.98765), TokenSpan(2, 3, "A|B")]
    sentences = [Sentence(tokens[:4], {"ner": entities}), Sentence(tokens[4:], {"ner": []})]
    return Document(text, sentences, "notes.txt", 40)


def test_writing_an_annotated_document() -> None:
    stream = io.StringIO()
    write_conllu([annotated(), Document("  ")], stream)
    blank = "\t_\t_\t_\t_\t_\t"
    assert stream.getvalue().split("\n") == [
        "# newdoc id = notes.txt@40",
        "# sent_id = 1",
        "# text = Ada  met Bo.",
        "# entities = 2",
        f"1\tAda\t_\tX{blank}Entity=B-PER|Confidence=0.9877",
        f"2\tmet\t_\tX{blank}_",
        f"3\tBo\t_\tX{blank}Entity=B-A/B|SpaceAfter=No",
        f"4\t.\t_\tX{blank}_",
        "",
        "# newpar",
        "# sent_id = 2",
        "# text = Ok !",
        "# entities = 0",
        f"1\tOk\t_\tX{blank}_",
        f"2\t!\t_\tX{blank}_",
        "",
        "",
    ]
    [back] = read(stream.getvalue())
    assert [(span.text, span.label, span.confidence) for span in back.entities] == [
        ("Ada", "PER", 0.9877),
        ("Bo", "A/B", None),
    ]
    assert back.sentences[1].spans == {"ner": []}


def test_shared_characters_become_a_range_again() -> None:
    [document] = read(SAMPLE)
    stream = io.StringIO()
    write_conllu([document], stream)
    assert "3-4\tau\t" in stream.getvalue()
    assert [token.text for token in read(stream.getvalue())[0].tokens] == [token.text for token in document.tokens]


def test_what_nobody_annotated_is_not_annotated() -> None:
    assert read(SAMPLE)[0].sentences[0].spans == {}
    coreference = SAMPLE.replace("2\tobl\t_\tSpaceAfter=No", "2\tobl\t_\tEntity=(e1-place|SpaceAfter=No")
    assert read(coreference)[0].sentences[0].spans == {}


def block(*rows: str) -> str:
    """A sentence of rows `id head deprel deps misc`; what is left out at the end is `_`."""
    lines = []
    for row in rows:
        number, head, deprel, deps, misc = [*row.split(), "_", "_", "_", "_"][:5]
        lines.append("\t".join([number, f"w{number}", "_", "_", "_", "_", head, deprel, deps, misc]))
    return "\n".join(lines) + "\n\n"


def sentence(*rows: str) -> Sentence:
    [document] = read(block(*rows))
    return document.sentences[0]


def test_heads_and_relations_are_a_tree_where_every_word_has_both() -> None:
    [document] = read(SAMPLE)
    heads = [2, 0, 5, 5, 2, 2, 9, 9, 2, 2]
    relations = ["nsubj", "root", "case", "det", "obl", "punct", "aux", "advmod", "parataxis", "punct"]
    assert document.sentences[0].trees == {
        "dependencies": [Arc(head, relation) for head, relation in zip(heads, relations, strict=True)]
    }
    assert sentence("1 0 root", "2 1").trees == {}
    assert sentence("1 0 root", "2 _ dep").trees == {}
    assert sentence("1", "2").trees == {}


def test_what_is_no_tree_is_read_all_the_same() -> None:
    found = sentence("1 2 a", "2 1 b", "3 0 root", "4 0 root")
    assert [arc.head for arc in found.trees["dependencies"]] == [2, 1, 0, 0]


def test_empty_nodes_are_contracted_to_paths() -> None:
    found = sentence(
        "1 0 root 0:root", "2 1 conj 1:conj|2.1:nsubj|2.2:obj", "2.1 _ _ 1:conj|0:top", "2.2 _ _ 2.1:x|2.2:y"
    )
    assert found.graphs == {
        "enhanced": [
            [Arc(0, "root")],
            [Arc(0, "top>nsubj"), Arc(0, "top>x>obj"), Arc(1, "conj"), Arc(1, "conj>nsubj"), Arc(1, "conj>x>obj")],
        ]
    }


def test_a_word_may_have_no_arc_in_a_graph_and_several_from_one_head() -> None:
    found = sentence("1 _ _ 3:b|3:a|3:a|2:obl:in:acc", "2", "3 _ _ 0:root|1.1:loop", "1.1 _ _ 3:x")
    assert found.graphs["enhanced"] == [
        [Arc(2, "obl:in:acc"), Arc(3, "a"), Arc(3, "b")],
        [],
        [Arc(0, "root"), Arc(3, "x>loop")],
    ]
    assert found.trees == {}
    assert sentence("1 0 root", "2 1 dep").graphs == {}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["1 0 root", "2 3 dep"],
            "<stream>:2: the head 3 is not in the sentence, which has 2 words. Give a number from 1",
        ),
        (["1 x root"], "<stream>:1: the head 'x' is not a number. Give a number from 1 to 1, 0 for the root, or '_'"),
        (["1 -1 root"], "<stream>:1: the head '-1' is not a number"),
        (["1-2", "1 2 a", "2 2 b"], "<stream>:3: word 2 is its own head"),
        (["1 0 root 0:root", "1.1 _ _ 7:x"], "<stream>:2: the head of the dependency 7:x is not in the sentence"),
        (
            ["1 0 root 1.1:x"],
            "<stream>:1: the head of the dependency 1.1:x is not in the sentence. Give a word's id, an",
        ),
        (
            ["1 0 root 0:root|root"],
            "<stream>:1: the dependency 'root' is not a head and a relation. Write DEPS as 4:nsubj",
        ),
        (["1 0 root 0:"], "<stream>:1: the dependency '0:' is not a head and a relation"),
    ],
)
def test_bad_heads_are_named(rows: list[str], message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read(block(*rows))


def test_writing_arcs_and_their_confidences() -> None:
    tokens = [Token(word, start, start + 1) for word, start in (("a", 0), ("b", 1), ("c", 3))]
    tree = [Arc(2, "nsubj", 0.98765), Arc(0, "root", 1.0), Arc(2, "p|q")]
    graph = [[Arc(2, "a|b", 0.5), Arc(2, "c")], [], [Arc(0, "root"), Arc(1, "x")]]
    annotated = Sentence(tokens, {"ner": [TokenSpan(0, 1, "X", 0.5)]}, {"dependencies": tree}, {"enhanced": graph})
    stream = io.StringIO()
    write_conllu([Document("ab c", [annotated])], stream)
    assert [line.split("\t")[6:] for line in stream.getvalue().split("\n") if "\t" in line] == [
        ["2", "nsubj", "2:a/b|2:c", "Entity=B-X|Confidence=0.5000|HeadP=0.9877|DepsP=0.5000,_|SpaceAfter=No"],
        ["0", "root", "_", "HeadP=1.0000"],
        ["2", "p|q", "0:root|1:x", "_"],
    ]
    [back] = read(stream.getvalue())
    assert back.sentences[0].trees["dependencies"] == [Arc(2, "nsubj", 0.9877), *tree[1:]]
    assert back.sentences[0].graphs["enhanced"] == [[Arc(2, "a/b", 0.5), Arc(2, "c")], [], graph[2]]


def test_a_graph_without_arcs_is_not_the_same_as_none() -> None:
    for graphs in ({}, {"enhanced": [[]]}):
        stream = io.StringIO()
        write_conllu([Document("a", [Sentence([Token("a", 0, 1)], graphs=graphs)])], stream)
        assert read(stream.getvalue())[0].sentences[0].graphs == graphs


@pytest.mark.parametrize("misc", ["HeadP=2.0", "HeadP=", "HeadP=0.1,0.2", "XHeadP=0.5", "DepsP=0.5"])
def test_a_confidence_that_is_none_is_left_alone(misc: str) -> None:
    found = sentence(f"1 0 root 0:root {misc}")
    assert found.trees["dependencies"] == [Arc(0, "root")]
    assert found.graphs["enhanced"] == [[Arc(0, "root", 0.5 if misc.startswith("Deps") else None)]]
