"""Views in, one vector per own word out."""

from syntagma.encoders.concatenation import Concatenation
from syntagma.encoders.dropout import LockedDropout, WordDropout
from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.transformer import Transformer

__all__ = [
    "Concatenation",
    "Encoder",
    "LockedDropout",
    "Transformer",
    "WordDropout",
    "WordVectors",
]
