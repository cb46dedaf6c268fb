"""Compiled for the processor by numba (extra `fast`); imported only by the dispatcher, when first needed."""
