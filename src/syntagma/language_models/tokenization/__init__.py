"""Tokenizers of language models: text to ids and back, from tokenizer.json, rank files and GGUF vocabularies."""

from syntagma.language_models.tokenization.added_token import AddedToken
from syntagma.language_models.tokenization.folder import tokenizer_from_folder
from syntagma.language_models.tokenization.gguf_vocabulary import tokenizer_from_gguf
from syntagma.language_models.tokenization.ranked_families import tokenizer_from_ranks
from syntagma.language_models.tokenization.text_stream import TextStream
from syntagma.language_models.tokenization.tokenizer import Piece, SpecialIds, Tokenizer

__all__ = [
    "AddedToken",
    "Piece",
    "SpecialIds",
    "TextStream",
    "Tokenizer",
    "tokenizer_from_folder",
    "tokenizer_from_gguf",
    "tokenizer_from_ranks",
]
