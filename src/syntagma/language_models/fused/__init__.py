"""One token of each sequence through all layers in one compiled call, where a decoder and a batch allow it."""
