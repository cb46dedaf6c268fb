"""Views in, one vector per own word out."""

from syntagma.encoders.concatenation import Concatenation
from syntagma.encoders.dropout import LockedDropout, WordDropout
from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.hashed import Hashed
from syntagma.encoders.transformer import Transformer

__all__ = [
    "Concatenation",
    "Encoder",
    "Hashed",
    "LockedDropout",
    "Transformer",
    "WordDropout",
    "WordVectors",
]
