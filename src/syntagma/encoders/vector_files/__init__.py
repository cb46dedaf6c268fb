"""Files of word vectors: word2vec and fastText, text and binary, and GloVe; opened without reading them whole."""

from syntagma.encoders.vector_files.opening import open_vectors
from syntagma.encoders.vector_files.vector_file import VectorFile

__all__ = ["VectorFile", "open_vectors"]
