"""Compiled for NVIDIA GPUs by Triton; imported only by the dispatcher, when first needed."""
