"""A loaded model over texts: offsets, order, laziness, confidences, words that are given."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings, strategies as st

from syntagma.pipeline import Pipeline, load
from syntagma.text.document import Document

TEXT = "Ann met Bob in New York.\n\nAcme hired Ann Lee."


def test_one_text(pipeline: Pipeline) -> None:
    document = pipeline(TEXT)
    found = [(span.text, span.label) for span in document.entities]
    assert found == [("Ann", "PER"), ("Bob", "PER"), ("New York", "LOC"), ("Acme", "ORG"), ("Ann Lee", "PER")]
    assert all(document.text[span.start : span.end] == span.text for span in document.entities)
    assert all(span.confidence is not None and 0 < span.confidence <= 1 for span in document.entities)
    assert [token.upos for token in document.tokens[:3]] == ["PROPN", "VERB", "PROPN"]
    for sentence in document.sentences:
        assert len(sentence.confidences["upos"]) == len(sentence.tokens)
        assert all(0 < value <= 1.00001 for value in sentence.confidences["upos"])


def test_many_texts_keep_their_order_whatever_the_batches(pipeline: Pipeline) -> None:
    texts = [f"Bob met Ann {'again ' * (n % 7)}in York {n}." for n in range(30)] + ["", " \n"]
    one_by_one = [pipeline(text) for text in texts]
    for batch_words in (1, 20, 10_000):
        together = list(pipeline.pipe(texts, batch_words=batch_words))
        assert [document.text for document in together] == texts
        for alone, beside in zip(one_by_one, together, strict=True):
            assert [(s.start, s.end, s.label) for s in alone.entities] == [
                (s.start, s.end, s.label) for s in beside.entities
            ]


def test_a_stream_is_read_lazily(pipeline: Pipeline) -> None:
    read: list[int] = []

    def endless() -> Iterator[str]:
        while True:
            read.append(1)
            yield TEXT

    stream = pipeline.pipe(endless(), batch_words=10)
    for _ in range(20):
        next(stream)
    assert len(read) < 40


def test_rejection(pipeline: Pipeline) -> None:
    everything = pipeline(TEXT).entities
    middle = sorted(span.confidence or 0.0 for span in everything)[2]
    kept = pipeline.annotate(TEXT, min_confidence=middle).entities
    assert kept == [span for span in everything if (span.confidence or 0.0) >= middle]
    assert 0 < len(kept) < len(everything)


def test_given_words_are_kept(pipeline: Pipeline) -> None:
    words = ["Ann", "met", "New York", "", "😀"]
    (document,) = pipeline.annotate_words([words])
    assert [token.text for token in document.tokens] == words
    assert document.text == " ".join(words)
    assert list(pipeline.annotate_words([])) == []


def test_a_document_keeps_its_sentences_source_and_offset(pipeline: Pipeline) -> None:
    (given_words,) = pipeline.annotate_words([["Ann", "Lee"]])
    (again,) = pipeline.pipe([given_words])
    assert again is given_words
    (piece,) = pipeline.pipe([Document("Ann met Bob.", source="a.txt", offset=70)])
    assert (piece.source, piece.offset, piece.entities[0].text) == ("a.txt", 70, "Ann")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_any_text_keeps_its_offsets(pipeline: Pipeline, text: str) -> None:
    document = pipeline(text)
    assert document.text == text
    for token in document.tokens:
        assert text[token.start : token.end] == token.text
    for span in document.entities:
        assert text[span.start : span.end] == span.text


def test_info(pipeline: Pipeline) -> None:
    info = pipeline.info()
    assert info["name"] == "tiny"
    assert info["labels"] == {"upos": ["ADP", "PROPN", "PUNCT", "VERB"], "ner": ["LOC", "ORG", "PER"]}
    assert info["origin"].startswith("folder ")
    assert info["parameters"] > 0


def test_loading_again_gives_the_same(pipeline: Pipeline, model_folder: object) -> None:
    assert load(str(model_folder))(TEXT).entities == pipeline(TEXT).entities
