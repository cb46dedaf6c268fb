"""From a name to a language model, and what is said when there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from syntagma.errors import ModelError
from syntagma.language_models.checkpoints import save_folder
from syntagma.language_models.language_model import Generating, LanguageModel
from syntagma.language_models.opening import language_model
from syntagma.language_models.parameters import parameter_shapes
from syntagma.language_models.weights_choice import choose_weights

from .random_decoders import PHI3
from .reference_decoder import parameters_of
from .small_tokenizers import byte_level_description


@pytest.fixture(scope="session")
def folder(babbler: LanguageModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The babbler as a model's folder."""
    place = tmp_path_factory.mktemp("models") / "babbler"
    config, get = babbler.decoder.config, parameters_of(babbler.decoder)
    save_folder({name: get(name).float() for name in parameter_shapes(config)}, config, place)
    (place / "tokenizer.json").write_text(json.dumps(byte_level_description("<|tool_call|>")), encoding="utf-8")
    return place


def test_a_folder_says_what_the_model_said_that_was_saved(babbler: LanguageModel, folder: Path) -> None:
    model = language_model(folder)
    assert model.choice == "fp32 weights, computing in float32: the files have F32"
    assert model.origin == str(folder)
    how = Generating(max_tokens=12)
    assert [one.tokens for one in model.generate(["The cat"], how)] == [
        one.tokens for one in babbler.generate(["The cat"], how)
    ]


@pytest.mark.parametrize(("weights", "likeness"), [("fp32", 0.9999), ("bf16", 0.99), ("int8", 0.99), ("int4", 0.7)])
def test_formats_stay_near_the_model(babbler: LanguageModel, folder: Path, weights: str, likeness: float) -> None:
    model = language_model(folder, weights=weights)  # type: ignore[arg-type]
    assert model.choice.startswith(f"{weights} weights")
    assert model.choice.endswith("as asked for")
    tokens = torch.randint(3, 200, (1, 12), generator=torch.Generator().manual_seed(1))
    found, expected = model.logits(tokens).flatten(), babbler.logits(tokens).flatten()
    assert torch.cosine_similarity(found, expected, dim=0) > likeness


def test_a_template_may_be_named(folder: Path) -> None:
    assert language_model(folder, template="phi-4").template.name == "phi-4"
    with pytest.raises(ModelError, match="no chat template came with the model"):
        _ = language_model(folder).template
    with pytest.raises(ModelError, match="there is no chat template 'phi-5'"):
        language_model(folder, template="phi-5")


@pytest.mark.parametrize("name", ["nothing-here", "/no/such/folder", "./no.gguf"])
def test_there_is_no_such_model(name: str) -> None:
    with pytest.raises(ModelError, match=r"there is no|missing|cannot be"):
        language_model(name)


class _Files:
    """As much of a checkpoint as a choice looks at."""

    def __init__(self, stored_as: str, dtype: torch.dtype) -> None:
        self.stored_as, self.dtype, self.config = stored_as, dtype, PHI3


@pytest.mark.parametrize(
    ("stored_as", "dtype", "free", "compiled", "weights", "reason"),
    [
        ("BF16", torch.bfloat16, None, True, "bf16", "the files have BF16"),
        ("F32", torch.float32, None, True, "fp32", "the files have F32"),
        ("Q4_1", torch.float32, None, True, "int8", "the file's own, Q4_1, are no finer"),
        ("Q4_1", torch.float32, None, False, "bf16", "slow without the extra 'fast'"),
        ("F32", torch.float32, 200_000, False, "int8", "are free"),
        ("F32", torch.float32, 1000, True, "int4", "are free"),
    ],
)
def test_the_choice_of_weights_has_a_reason(
    stored_as: str, dtype: torch.dtype, free: int | None, compiled: bool, weights: str, reason: str
) -> None:
    files = _Files(stored_as, dtype)
    choice = choose_weights(files, None, torch.device("cpu"), free, compiled=compiled)  # type: ignore[arg-type]
    assert choice.weights == weights
    assert reason in choice.reason
