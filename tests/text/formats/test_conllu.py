from __future__ import annotations

import io
import re

import pytest

from syntagma.errors import DataError
from syntagma.text.document import Document, Sentence, Token, TokenSpan
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
