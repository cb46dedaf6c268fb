"""GGUF files: small ones written here by the gguf package, and SmolLM2 against transformers' own reading of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from syntagma.errors import ModelError
from syntagma.language_models.assembly import assemble
from syntagma.language_models.batch import Batch, Piece
from syntagma.language_models.checkpoints import open_folder, open_gguf, packaged_gguf, save_folder
from syntagma.language_models.checkpoints.gguf_header import read_gguf_header

gguf = pytest.importorskip("gguf", reason="the extra 'chat' is not installed")
Saved = Callable[[str], Any]
Kind = gguf.GGMLQuantizationType


def in_pairs(rows: Tensor, heads: int) -> Tensor:
    """Rows of heads whose dimensions turn in halves, put into the order in which they turn in pairs."""
    half = len(rows) // heads // 2
    order = [head * 2 * half + part * half + at for head in range(heads) for at in range(half) for part in range(2)]
    return rows[order]


def llama_tensors(state: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """A model of transformers under the names of GGUF."""
    names = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.o_proj": "attn_output"}
    names |= {f"self_attn.{x}_proj": f"attn_{x}" for x in "qkv"}
    names |= {f"mlp.{x}_proj": f"ffn_{x}" for x in ("gate", "up", "down")}
    names |= {"self_attn.qkv_proj": "attn_qkv", "mlp.gate_up_proj": "ffn_up"}
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    for stored, tensor in state.items():
        owner, _, part = stored.rpartition(".")
        if owner.startswith("model.layers."):
            _, _, layer, owner = owner.split(".", 3)
            name = f"blk.{layer}.{names[owner]}"
        else:
            name = outer[owner]
        if name.endswith("attn_q"):
            tensor = in_pairs(tensor, 4)
        elif name.endswith("attn_k"):
            tensor = in_pairs(tensor, 2)
        yield f"{name}.{part}", tensor


LLAMA = {
    "block_count": 2,
    "context_length": 128,
    "embedding_length": 32,
    "feed_forward_length": 24,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
    "rope.freq_base": 10000.0,
    "rope.dimension_count": 8,
    "attention.layer_norm_rms_epsilon": 1e-6,
}
PHI3 = LLAMA | {
    "block_count": 3,
    "embedding_length": 48,
    "feed_forward_length": 80,
    "attention.head_count": 6,
    "rope.dimension_count": 6,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "rope.scaling.original_context_length": 32,
    "attention.sliding_window": 0,
}
FACTORS = {"rope_factors_short.weight": [1.0, 1.1, 1.3], "rope_factors_long.weight": [1.5, 4.0, 16.0]}


def write(
    path: Path,
    architecture: str,
    numbers: dict[str, Any],
    tensors: dict[str, Tensor],
    kinds: dict[str, Any] | None = None,
) -> Path:
    """Write a file; tensors are float32 but those for which a kind is given."""
    writer = gguf.GGUFWriter(path, architecture)
    for key, value in numbers.items():
        if isinstance(value, float):
            writer.add_float32(f"{architecture}.{key}", value)
        elif isinstance(value, str):
            writer.add_string(f"{architecture}.{key}", value)
        else:
            writer.add_uint32(f"{architecture}.{key}", value)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_eot_token_id(5)
    writer.add_pad_token_id(0)
    writer.add_token_list(["<s>", "grün", "\n"])
    writer.add_token_scores([0.0, -1.5, 2.0])
    for name, tensor in tensors.items():
        kind = (kinds or {}).get(name)
        array = tensor.float().numpy()
        writer.add_tensor(name, array if kind is None else gguf.quantize(array, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def llama(saved: Saved, tmp_path: Path) -> tuple[Path, dict[str, Tensor], Path]:
    """A file, its tensors, and the folder of the same model."""
    model, folder = saved("llama")
    tensors = dict(llama_tensors(model.state_dict()))
    # GGUF has no biases in the feed-forward part.
    tensors = {name: tensor for name, tensor in tensors.items() if not ("ffn" in name and name.endswith("bias"))}
    return write(tmp_path / "llama.gguf", "llama", LLAMA, tensors), tensors, folder


def test_llama_turns_in_halves_again(llama: tuple[Path, dict[str, Tensor], Path]) -> None:
    checkpoint = open_gguf(llama[0])
    released = open_folder(llama[2])
    found = dict(checkpoint.parameters(torch.float32))
    for name, tensor in released.parameters(torch.float32):
        if not ("feed_forward" in name and name.endswith("bias")):
            assert found.pop(name).equal(tensor), name
    assert not found
    assert checkpoint.config.rotary == released.config.rotary
    assert (checkpoint.config.begin_token, checkpoint.config.end_tokens, checkpoint.config.pad_token) == (1, (2, 5), 0)
    assert checkpoint.stored_as == "F32"


def test_phi_3_with_long_positions(saved: Saved, tmp_path: Path) -> None:
    model, folder = saved("phi3")
    state = {name: tensor for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    tensors = dict(llama_tensors(state)) | {name: torch.tensor(numbers) for name, numbers in FACTORS.items()}
    bf16 = {name: Kind.BF16 for name, tensor in tensors.items() if tensor.dim() == 2}
    checkpoint = open_gguf(write(tmp_path / "phi3.gguf", "phi3", PHI3, tensors, bf16))
    released = open_folder(folder)
    assert checkpoint.stored_as == "BF16"
    found = dict(checkpoint.parameters(torch.bfloat16))
    for name, tensor in released.parameters(torch.bfloat16):
        assert found.pop(name).equal(tensor), name
    assert not found
    ours, theirs = checkpoint.config.rotary.long, released.config.rotary.long
    assert ours is not None
    assert theirs is not None
    assert ours.long_factors == theirs.long_factors
    assert ours.short_factors == pytest.approx(theirs.short_factors)
    assert (ours.original_positions, ours.long_scale) == (theirs.original_positions, theirs.long_scale)
    assert checkpoint.config.rotary.size == 6
    assert checkpoint.config.window is None
    assert checkpoint.config.tied


@pytest.mark.parametrize("kind", ["F16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"])
def test_quantised_tensors(llama: tuple[Path, dict[str, Tensor], Path], kind: str, tmp_path: Path) -> None:
    tensors = llama[1]
    kinds = {name: Kind[kind] for name in tensors if name.endswith("weight") and tensors[name].shape[-1] == 32}
    found = dict(open_gguf(write(tmp_path / "q.gguf", "llama", LLAMA, tensors, kinds)).parameters(torch.float32))
    stored = tensors["blk.1.attn_k.weight"].float().numpy()
    dequantised = torch.from_numpy(gguf.dequantize(gguf.quantize(stored, Kind[kind]), Kind[kind]))
    assert in_pairs(found["layers.1.attention.qkv.weight"][32:48], 2).equal(dequantised)


def test_metadata_for_the_tokenizer_is_plain(llama: tuple[Path, dict[str, Tensor], Path]) -> None:
    metadata = open_gguf(llama[0]).metadata
    assert metadata["tokenizer.ggml.tokens"] == ["<s>", "grün", "\n"]
    assert metadata["tokenizer.ggml.scores"] == [0.0, -1.5, 2.0]
    assert metadata["general.architecture"] == "llama"
    assert type(metadata["tokenizer.ggml.eos_token_id"]) is int


def test_the_header_is_what_the_gguf_package_reads(llama: tuple[Path, dict[str, Tensor], Path]) -> None:
    ours, theirs = read_gguf_header(llama[0]), gguf.GGUFReader(llama[0])
    assert ours.metadata == {name: f.contents() for name, f in theirs.fields.items() if not name.startswith("GGUF.")}
    for mine, other in zip(ours.tensors, theirs.tensors, strict=True):
        assert (mine.name, list(mine.shape)) == (other.name, other.shape.tolist()[::-1])
        assert ours.data + mine.offset == other.data_offset


def refusal(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        open_gguf(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_another_architecture(llama: tuple[Path, dict[str, Tensor], Path], tmp_path: Path) -> None:
    path = write(tmp_path / "x.gguf", "gemma", LLAMA, llama[1])
    assert "the architecture 'gemma' is not known. Known are llama and phi3" in refusal(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rope.scaling.type": "yarn"}, "'llama.rope.scaling.type' is 'yarn', which this family does not have"),
        ({"rope.dimension_count": 4}, "'llama.rope.dimension_count' is 4"),
        ({"expert_count": 8}, "'llama.expert_count' is 8"),
        ({"attention.head_count": None}, "the key 'llama.attention.head_count' is missing"),
        ({"attention.head_count_kv": 3}, "4 query heads and 3 key-value heads"),
        ({"block_count": 3}, "the tensor blk.2.attn_norm.weight is missing"),
        ({"block_count": 1}, "blk.1.attn_k.bias does not belong to a model of this family and config"),
        ({"feed_forward_length": 25}, "has the shape [24, 32]; the config asks for [25, 32]"),
        ({"context_length": "long"}, "'llama.context_length' is 'long', not a whole number"),
    ],
)
def test_metadata_that_does_not_fit(
    llama: tuple[Path, dict[str, Tensor], Path], tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    numbers = {key: value for key, value in (LLAMA | changes).items() if value is not None}
    assert message in refusal(write(tmp_path / "x.gguf", "llama", numbers, llama[1]))


def test_phi_3_without_its_window(saved: Saved, tmp_path: Path) -> None:
    numbers = {key: value for key, value in PHI3.items() if key != "attention.sliding_window"}
    tensors = dict(llama_tensors(saved("phi3").model.state_dict()))
    assert "'phi3.attention.sliding_window' is missing" in refusal(write(tmp_path / "x.gguf", "phi3", numbers, tensors))


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    assert "the file cannot be read" in refusal(path)
    path.write_bytes(b"")
    assert "the file cannot be read" in refusal(path)
    path.write_bytes(b"GGML" + bytes(100))
    assert "this is not a GGUF file" in refusal(path)
    path.write_bytes(b"GGUF" + bytes([0, 0, 0, 3]) + bytes(100))
    assert "big-endian" in refusal(path)


def test_every_truncation_is_told(llama: tuple[Path, dict[str, Tensor], Path], tmp_path: Path) -> None:
    data = llama[0].read_bytes()
    path = tmp_path / "x.gguf"
    for size in (*range(4, 2000, 17), *range(2000, len(data), len(data) // 20)):
        path.write_bytes(data[:size])
        assert "truncated" in refusal(path) or "damaged" in refusal(path)


def test_counts_are_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + (3).to_bytes(4, "little") + (2**62).to_bytes(8, "little") * 2)
    assert "it ends before its header does" in refusal(path)
    entry = (1).to_bytes(8, "little") + b"k" + (9).to_bytes(4, "little") + (4).to_bytes(4, "little")
    head = b"GGUF" + (3).to_bytes(4, "little") + bytes(8) + (1).to_bytes(8, "little")
    path.write_bytes(head + entry + (2**60).to_bytes(8, "little"))
    assert "it ends before its header does" in refusal(path)


def test_a_type_that_cannot_be_decoded(llama: tuple[Path, dict[str, Tensor], Path]) -> None:
    path = llama[0]
    data = bytearray(path.read_bytes())
    at = data.index(b"blk.0.attn_output.weight") + len("blk.0.attn_output.weight") + 4 + 16
    assert data[at : at + 4] == bytes(4)
    data[at] = 99
    path.write_bytes(bytes(data))
    assert "the tensor blk.0.attn_output.weight has the ggml type 99, which the installed gguf" in refusal(path)


def smollm() -> Path:
    try:
        return packaged_gguf()
    except ModelError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def smollm_of_transformers() -> Any:
    """SmolLM2 as transformers reads its GGUF file, by the function below `from_pretrained(gguf_file=...)`."""
    transformers = pytest.importorskip("transformers", reason="the extra 'transformers' is not installed")
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    load: Any = load_gguf_checkpoint
    config = transformers.AutoConfig.for_model(**load(smollm())["config"])
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    tensors = load(smollm(), return_tensors=True, model_to_load=model)["tensors"]
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    assert (missing, unexpected) == (["lm_head.weight"], [])  # tied
    return model


@pytest.mark.slow
def test_smollm2_is_what_transformers_reads(smollm_of_transformers: Any, tmp_path: Path) -> None:
    theirs = smollm_of_transformers
    checkpoint = open_gguf(smollm())
    assert checkpoint.stored_as == "Q4_1"
    parameters = dict(checkpoint.parameters(torch.float32))
    assert sum(tensor.numel() for tensor in parameters.values()) == checkpoint.config.parameters == 134_515_008
    save_folder(parameters, checkpoint.config, tmp_path / "smollm")
    ours = type(theirs).from_pretrained(tmp_path / "smollm", dtype=torch.float32)
    reference = theirs.state_dict()
    for name, tensor in ours.state_dict().items():
        assert tensor.equal(reference[name]), name
    tokens = torch.from_numpy(np.random.default_rng(1).integers(0, 49_152, (2, 16)))
    with torch.no_grad():
        assert ours(tokens).logits.equal(theirs(tokens).logits)


@pytest.mark.slow
def test_smollm2_in_our_decoder_has_the_logits_of_transformers(smollm_of_transformers: Any) -> None:
    checkpoint = open_gguf(smollm())
    decoder = assemble(checkpoint.config, checkpoint.parameters(torch.float32))
    tokens = torch.from_numpy(np.random.default_rng(2).integers(0, 49_152, 40))
    with torch.no_grad():
        batch = Batch(checkpoint.config, [Piece(len(tokens), long=False)], torch.device("cpu"))
        ours = decoder.logits(decoder(decoder.embed(tokens), batch))
        expected = smollm_of_transformers(tokens[None]).logits[0]
    assert expected.abs().max() > 10
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-3)
