"""The encoder part of a recipe: a union on `kind`; encoders may stand inside one another."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from syntagma.recipes.located import FolderName
from syntagma.recipes.part import Part


class Hashed(Part):
    """Hashed features of the word: its norm, prefix, suffix and shape."""

    kind: Literal["hashed"] = "hashed"
    name: str = "hashed"
    width: int = Field(default=96, ge=1)
    rows: dict[str, int] = Field(default_factory=lambda: {"norm": 5000, "prefix": 2500, "suffix": 2500, "shape": 2500})
    """The features (word, norm, shape, prefix, prefix2, ..., suffix, suffix2, ...) and the rows of each one's table."""


class Characters(Part):
    """A small recurrent or convolutional network over each word's characters."""

    kind: Literal["characters"] = "characters"
    name: str = "characters"
    cell: Literal["lstm", "cnn"] = "lstm"
    embedding: int = Field(default=25, ge=1)
    hidden: int = Field(default=25, ge=1)
    """Width of each direction (lstm) or number of filters (cnn)."""


class Bytes(Part):
    """The same over the bytes of each word's UTF-8: no alphabet, and no character is unknown."""

    kind: Literal["bytes"] = "bytes"
    name: str = "bytes"
    cell: Literal["lstm", "cnn"] = "cnn"
    embedding: int = Field(default=25, ge=1)
    hidden: int = Field(default=50, ge=1)
    """Width of each direction (lstm) or number of filters (cnn)."""


class Static(Part):
    """A table of word vectors, condensed from what a trained model's encoder says of each word."""

    kind: Literal["static"] = "static"
    name: str = "static"
    teacher: str
    """Folder of the trained model; read when the table is made, not afterwards."""
    width: int = Field(default=96, ge=1)
    minimum_count: int = Field(default=1, ge=1)
    """Words rarer than this in the training data have no row."""
    words: str | None = None
    """A file of further words, one a line, that have a row whatever the training data holds."""
    lowercase: bool = True
    """One row for all spellings of a word that differ in case only."""
    frozen: bool = True


class WordVectors(Part):
    """Word vectors from a file: word2vec or fastText, text or binary, or GloVe.

    The model keeps the vectors of its words, not the file. A word that it meets later and that is none of these has
    the mean of its n-grams, where the file has n-grams (fastText's `.bin`), else a learned vector.
    """

    kind: Literal["word-vectors"] = "word-vectors"
    name: str = "word-vectors"
    file: str
    """Read when the model is made, not afterwards."""
    minimum_count: int = Field(default=1, ge=1)
    """Words rarer than this in the training data are not looked up for their own sake."""
    frequent: int = Field(default=50_000, ge=0)
    """The first words of the file, which are its frequent ones, are kept whatever the training data holds."""
    words: str | None = None
    """A file of further words to keep, one a line."""
    ngrams: int = Field(default=100_000, ge=0)
    """How many n-gram vectors are kept: those that the most of the kept words have."""
    frozen: bool = True


class OneHot(Part):
    """A vector for each word of the training data, learned with the model: a cheap baseline."""

    kind: Literal["one-hot"] = "one-hot"
    name: str = "one-hot"
    width: int = Field(default=50, ge=1)
    minimum_count: int = Field(default=2, ge=1)
    """Rarer words share one vector, which unknown words have too."""
    lowercase: bool = True
    """One vector for all spellings of a word that differ in case only."""


class CharacterLM(Part):
    """Two character language models that read the sentence, one forward and one backward (task `character-lm`)."""

    kind: Literal["character-lm"] = "character-lm"
    name: str = "character-lm"
    model: str
    """Folder of the trained models; read when the tagger is made, not afterwards."""
    frozen: bool = True


class Transformer(Part):
    """A pretrained transformer (extra `transformers`)."""

    kind: Literal["transformer"] = "transformer"
    name: FolderName = "transformer"
    model: str
    """A hub id, a local folder, or `package:NAME/FOLDER` for one that an installed Python package carries."""
    tuned: bool = True
    frozen_layers: int = Field(default=0, ge=0)
    """Of a tuned transformer: this many of the lowest layers, and the embeddings, keep their weights."""
    pooling: Literal["first", "mean"] = "first"
    """A word's vector from its first sub-token or the mean of all."""
    layers: Literal["last", "average", "mix"] = "last"
    """The last layer, the mean of the last four, or a learned weighted mean of all."""
    context: Literal["given", "document"] = "given"
    """Whether the words around a sentence in its document are read too, as far as the window reaches."""
    window: int | None = Field(default=None, ge=1)
    """Sub-tokens read at once; by default what the model was made for, at most 512."""


class Convolution(Part):
    """Residual windowed convolutions over another encoder's vectors."""

    kind: Literal["convolution"] = "convolution"
    name: str = "convolution"
    of: Encoder
    width: int = Field(default=96, ge=1)
    layers: int = Field(default=4, ge=1)
    window: int = Field(default=1, ge=1)
    """Words read on each side, in each layer."""
    dropout: float = Field(default=0.1, ge=0, lt=1)


class Recurrent(Part):
    """A bidirectional LSTM over another encoder's vectors."""

    kind: Literal["recurrent"] = "recurrent"
    name: str = "recurrent"
    of: Encoder
    hidden: int = Field(default=256, ge=1)
    """Width of each direction."""
    layers: int = Field(default=1, ge=1)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    word_dropout: float = Field(default=0.05, ge=0, lt=1)


class Concatenation(Part):
    """Several encoders' vectors side by side, in a fixed order."""

    kind: Literal["concatenation"] = "concatenation"
    name: str = "concatenation"
    members: list[Encoder] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_differ(self) -> Concatenation:
        names = [member.name for member in self.members]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two members are called {twice[0]!r}: give each its own `name`")
        return self


Encoder = Annotated[
    Hashed
    | Characters
    | Bytes
    | OneHot
    | Static
    | WordVectors
    | CharacterLM
    | Transformer
    | Convolution
    | Recurrent
    | Concatenation,
    Field(discriminator="kind"),
]

for part in (Convolution, Recurrent, Concatenation):
    part.model_rebuild()
