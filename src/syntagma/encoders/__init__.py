"""Views in, one vector per own word out."""

from syntagma.encoders.byte_spelling import Bytes
from syntagma.encoders.character_cnn import CharacterCNN
from syntagma.encoders.character_lm import CharacterLM
from syntagma.encoders.character_lstm import CharacterLSTM
from syntagma.encoders.concatenation import Concatenation
from syntagma.encoders.convolution import Convolution
from syntagma.encoders.dropout import LockedDropout, WordDropout
from syntagma.encoders.encoder import Encoder, WordVectors
from syntagma.encoders.hashed import Hashed
from syntagma.encoders.recurrent import Recurrent
from syntagma.encoders.static import NgramVectors, Static
from syntagma.encoders.subwords import Subwords
from syntagma.encoders.transformer import Transformer
from syntagma.encoders.transformer_options import TransformerOptions

__all__ = [
    "Bytes",
    "CharacterCNN",
    "CharacterLM",
    "CharacterLSTM",
    "Concatenation",
    "Convolution",
    "Encoder",
    "Hashed",
    "LockedDropout",
    "NgramVectors",
    "Recurrent",
    "Static",
    "Subwords",
    "Transformer",
    "TransformerOptions",
    "WordDropout",
    "WordVectors",
]
