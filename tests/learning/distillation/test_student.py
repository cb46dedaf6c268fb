"""A student of teachers with other structures: targets on disk, resumed, never stale; the loss that mixes with gold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from syntagma.encoders import Hashed
from syntagma.encoders.cache import DiskLimit
from syntagma.errors import LabelError, ModelError, OutputError
from syntagma.learning.distillation import (
    Course,
    Lesson,
    Preparation,
    Student,
    Targets,
    TargetStore,
    fill,
    lost_share,
    sentence_key,
)
from syntagma.learning.objectives import Average, Interpolation, Objective, Posterior, Structural, WeightedTopK
from syntagma.models import LabelLayer, SegmentLayer, SpanCoding, TagCoding, Tagger, TreeLayer
from syntagma.models.head_inference import EveryHeadAlone, Trees
from syntagma.models.inference import EveryWordAlone
from syntagma.models.layer import Layer
from syntagma.scorers import BiaffineHeads, BiaffineSpans, Softmax, Vanilla
from syntagma.structures import cross_entropy
from syntagma.text.document import Arc, Document, Sentence, Token, TokenSpan
from syntagma.text.label_schemes import LabelScheme

WIDTH = 8
TYPES = ["LOC", "PER"]
BIOES = LabelScheme.BIOES


def _sentence(*words: str) -> Sentence:
    return Sentence([Token(word, 0, len(word)) for word in words])


SENTENCES = [
    _sentence("Anna", "sees", "New", "York", "."),
    _sentence("Go", "!"),
    _sentence("Anna"),
    _sentence("a", "b", "c"),
]


def _tagger(seed: int, **layers: Callable[[], Layer]) -> Tagger:
    torch.manual_seed(seed)
    encoder = Hashed(width=WIDTH, rows=50)
    return Tagger(encoder, {name: make() for name, make in layers.items()})


def _segments() -> SegmentLayer:
    return SegmentLayer("ner", TYPES, BiaffineSpans(WIDTH, len(TYPES)))


def _words() -> LabelLayer:
    return LabelLayer(SpanCoding("ner", TYPES, BIOES), Softmax(WIDTH, 9), inference=EveryWordAlone())


def _chain() -> LabelLayer:
    return LabelLayer(SpanCoding("ner", TYPES[::-1], BIOES), Vanilla(WIDTH, 9))


def _tags() -> LabelLayer:
    return LabelLayer(TagCoding("upos", ["NOUN", "VERB"]), Vanilla(WIDTH, 2))


def _trees() -> TreeLayer:
    return TreeLayer("dependencies", ["det", "nsubj"], BiaffineHeads(WIDTH, 2, arc_hidden=6, relation_hidden=6))


def _heads() -> TreeLayer:
    return TreeLayer(
        "dependencies",
        ["nsubj", "det"],
        BiaffineHeads(WIDTH, 2, arc_hidden=6, relation_hidden=6),
        inference=EveryHeadAlone(),
    )


TEACHER = _tagger(1, ner=_segments, dependencies=_trees).eval()
OTHER = _tagger(2, ner=_chain, upos=_tags).eval()
STUDENT = _tagger(3, ner=_words, dependencies=_heads, upos=_tags)
OBJECTIVES: Mapping[str, Sequence[Objective]] = {"ner": [Structural()], "dependencies": [Posterior(), WeightedTopK(3)]}


def _store(folder: Path, identity: str = "a" * 64) -> tuple[TargetStore, Preparation]:
    preparation = Preparation([TEACHER], STUDENT, OBJECTIVES)
    return TargetStore(folder, identity, 2 * len(preparation.lists)), preparation


def _filled(folder: Path) -> tuple[list[Lesson], Targets, TargetStore]:
    store, preparation = _store(folder)
    fill(store, preparation, SENTENCES, limit=DiskLimit())
    course = Course(store, preparation.lists)
    _, forms = preparation.records(SENTENCES[:1])
    return [Lesson(one, frozenset(), course, sentence_key(one)) for one in SENTENCES], Targets(forms), store


def test_targets_are_those_of_the_teacher_in_the_student_s_terms(tmp_path: Path) -> None:
    lessons, targets, store = _filled(tmp_path)
    assert store.files.bytes > 0 < store.files.seconds
    order = [3, 0, 2, 1]
    with torch.no_grad():
        said = TEACHER.distributions([SENTENCES[at] for at in order])
        mine = STUDENT.distributions([SENTENCES[at] for at in order])
    chosen = [lessons[at] for at in order]
    (ner,) = targets.of(chosen, "ner", torch.device("cpu"))
    torch.testing.assert_close(
        cross_entropy(ner, mine["ner"]), cross_entropy(said["ner"], mine["ner"]), rtol=1e-3, atol=1e-3
    )
    posterior, paths = targets.of(chosen, "dependencies", torch.device("cpu"))
    expected = said["dependencies"].marginals().relations.flip(-1)  # relations in the student's order
    torch.testing.assert_close(posterior[1], expected, rtol=1e-3, atol=1e-5)
    assert paths[0].shape == (4, 3, 5, 2)
    assert lost_share(lessons) == {"ner": pytest.approx(0.1, abs=0.1), "dependencies": 0.0}


def test_only_what_is_missing_is_computed_and_an_interruption_keeps_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syntagma.learning.distillation.filling.SHARD_BYTES", 1)
    monkeypatch.setattr("syntagma.learning.distillation.filling.BATCH_WORDS", 3)
    store, preparation = _store(tmp_path)
    heard: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        heard.append((done, total))
        if done >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(store, preparation, SENTENCES, limit=DiskLimit(), progress=stop)
    assert heard == [(1, 11), (3, 11)]
    store, _ = _store(tmp_path)
    assert len(store.missing(SENTENCES)) == 3
    assert fill(store, preparation, [*SENTENCES, SENTENCES[0]], limit=DiskLimit()) == 10
    assert fill(store, preparation, SENTENCES, limit=DiskLimit()) == 0
    assert not store.missing(SENTENCES)


def test_targets_of_other_teachers_or_sentences_are_never_read(tmp_path: Path) -> None:
    _filled(tmp_path)
    other, _ = _store(tmp_path, "b" * 64)
    assert len(other.missing(SENTENCES)) == 4
    store, _ = _store(tmp_path)
    with pytest.raises(ModelError, match=r"a sentence has no targets\. Prepare the targets"):
        store.read(sentence_key(_sentence("Anna", "sees")))
    placed = _sentence("Anna")
    keys = {sentence_key(placed), sentence_key(SENTENCES[2])}
    assert len(keys) == 1


def test_damaged_targets_are_told(tmp_path: Path) -> None:
    lessons, _, store = _filled(tmp_path)
    (path,) = store.files.path.glob("*.vectors")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    fresh, _ = _store(tmp_path)
    last = max(lessons, key=lambda lesson: store.files._places[lesson.key][1].first)
    with pytest.raises(ModelError, match="damaged file"):
        fresh.read(last.key)


def test_a_limit_on_the_disk(tmp_path: Path) -> None:
    store, preparation = _store(tmp_path)
    with pytest.raises(OutputError, match="its limit is"):
        fill(store, preparation, SENTENCES, limit=DiskLimit(most=10))


def test_several_teachers_are_averaged() -> None:
    both = Preparation([TEACHER, OTHER], STUDENT, {"ner": [Structural(), WeightedTopK(2)]})
    alone = [Preparation([one], STUDENT, both.objectives) for one in (TEACHER, OTHER)]
    read = []
    for preparation in (both, *alone):
        records, forms = preparation.records(SENTENCES)
        course = [[record[0] for record in records], [record[2] for record in records]]
        read.append([form.read(rows, torch.device("cpu")) for form, rows in zip(forms.values(), course, strict=True)])
    torch.testing.assert_close(read[0][0][0], (read[1][0][0] + read[2][0][0]) / 2, rtol=1e-3, atol=1e-5)
    assert read[0][1][0].shape[1] == 4
    torch.testing.assert_close(read[0][1][1].exp().sum(1), torch.ones(4))


def test_labels_that_the_student_lacks_are_named() -> None:
    stranger = _tagger(4, ner=lambda: SegmentLayer("ner", ["LOC", "ORG"], BiaffineSpans(WIDTH, 2))).eval()
    with pytest.raises(LabelError, match=r"the labels 'B-ORG', .* are not among O, B-LOC"):
        Preparation([stranger], STUDENT, {"ner": [Structural()]}).records(SENTENCES)


def _student(targets: Targets, interpolation: Interpolation) -> Student:
    objectives = {name: Average(each) for name, each in OBJECTIVES.items()}
    return Student(STUDENT, objectives, targets, interpolation=interpolation, steps=10)


def _annotated(at: int, *layers: str) -> Sentence:
    words = SENTENCES[at].words
    sentence = _sentence(*words)
    if "ner" in layers:
        sentence.spans["ner"] = [TokenSpan(0, 1, "PER")]
    if "dependencies" in layers:
        sentence.trees["dependencies"] = [Arc(word, "det") for word in range(len(words))]
    return sentence


def test_the_loss_of_each_sentence_is_of_what_is_known_of_it(tmp_path: Path) -> None:
    """Annotated and taught, taught alone, annotated alone, in one batch; and a layer without a teacher."""
    lessons, targets, _ = _filled(tmp_path)
    course = lessons[0].course
    both, taught = _annotated(0, "ner", "dependencies"), SENTENCES[3]
    known = _annotated(1, "ner")
    for token in known.tokens:
        token.tags["upos"] = "NOUN"
    batch = [
        Lesson(both, frozenset({"ner", "dependencies"}), course, lessons[0].key),
        Lesson(taught, frozenset(), course, lessons[3].key),
        Lesson(known, frozenset({"ner", "upos"})),
    ]
    student = _student(targets, Interpolation(0.0, 0.25)).eval()
    loss = student.loss(batch)
    expected = torch.zeros(())
    for lesson in batch:
        found = STUDENT.distributions([lesson.sentence])
        for name, layer in STUDENT.layers.items():
            gold = layer.gold([lesson.sentence], torch.device("cpu"))
            share = 0.0 if not lesson.teaches(name) else 1.0 if gold is None else 0.25
            if lesson.teaches(name):
                read = targets.of([lesson], name, torch.device("cpu"))
                expected = expected + share * student.objectives[name].loss(read, found[name]).sum()
            if gold is not None:
                expected = expected + (1 - share) * cross_entropy(gold.outputs, found[name]).sum()
    torch.testing.assert_close(loss, expected / 10)
    loss.backward()
    assert all(parameter.grad is None for parameter in TEACHER.parameters())
    assert any(parameter.grad is not None for parameter in STUDENT.parameters())
    STUDENT.zero_grad()


def test_lambda_falls_with_every_step_and_is_kept_in_checkpoints(tmp_path: Path) -> None:
    lessons, targets, _ = _filled(tmp_path)
    student = _student(targets, Interpolation(2.0)).train()
    shares = []
    for _ in range(6):
        shares.append(student.share)
        student.loss(lessons[:2])
    assert shares == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.0])
    again = _student(targets, Interpolation(2.0))
    again.load_state_dict(student.state_dict())
    assert again.share == 0.0
    student.eval().loss(lessons[:2])
    assert int(student.steps_done) == 6


def test_a_tree_that_the_structure_cannot_have_is_learned_from_the_teacher_alone(tmp_path: Path) -> None:
    """Beside a sentence whose arcs do not cross, one whose arcs do, under projective trees."""

    def projective() -> TreeLayer:
        scorer = BiaffineHeads(WIDTH, 2, arc_hidden=6, relation_hidden=6)
        return TreeLayer("dependencies", ["det", "nsubj"], scorer, inference=Trees("projective"))

    model = _tagger(5, dependencies=projective)
    preparation = Preparation([TEACHER], model, {"dependencies": [Structural()]})
    store = TargetStore(tmp_path, "c" * 64, 2 * len(preparation.lists))
    fill(store, preparation, SENTENCES, limit=DiskLimit())
    _, forms = preparation.records(SENTENCES[:1])
    course, lessons = Course(store, preparation.lists), []
    for at, heads in ((0, [2, 4, 0, 3, 2]), (3, [0, 1, 2])):
        sentence = _sentence(*SENTENCES[at].words)
        sentence.trees["dependencies"] = [Arc(head, "det") for head in heads]
        lessons.append(Lesson(sentence, frozenset({"dependencies"}), course, sentence_key(sentence)))
    objectives = {"dependencies": Average([Structural()])}
    student = Student(model, objectives, Targets(forms), interpolation=Interpolation(0.0, 0.5)).eval()
    crossing = replace(lessons[0], annotated=frozenset())
    torch.testing.assert_close(student.loss(lessons), student.loss([crossing, lessons[1]]))


def test_a_layer_has_its_weight_with_teachers_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lessons, targets, _ = _filled(tmp_path)
    student = _student(targets, Interpolation()).eval()
    once = student.loss(lessons)
    for layer in STUDENT.layers.values():
        monkeypatch.setattr(layer, "weight", 2.0)
    torch.testing.assert_close(student.loss(lessons), 2 * once)


def test_what_is_lost_is_that_of_a_layer_s_first_objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = iter([0.25, 0.75])
    preparation = Preparation([TEACHER], STUDENT, {"dependencies": OBJECTIVES["dependencies"]})
    store = TargetStore(tmp_path, "b" * 64, 4)
    for objective in OBJECTIVES["dependencies"]:
        prepare, share = objective.target, next(lost)
        monkeypatch.setattr(
            objective,
            "target",
            lambda *of, prepare=prepare, share=share: prepare(*of)._replace(lost=torch.full((1,), share)),
        )
    fill(store, preparation, SENTENCES[:1], limit=DiskLimit())
    lesson = Lesson(SENTENCES[0], frozenset(), Course(store, preparation.lists), sentence_key(SENTENCES[0]))
    assert lost_share([lesson]) == {"dependencies": pytest.approx(0.25)}


def test_a_sentence_among_other_words_has_targets_of_its_own() -> None:
    document = Document("", [_sentence("Anna"), _sentence("Go"), _sentence("Anna")])
    alone = sentence_key(document.sentences[0])
    document.place_sentences()
    keys = {sentence_key(sentence) for sentence in (document.sentences[0], document.sentences[2])}
    assert len({alone, *keys}) == 3
