"""Compiled for the processor by numba (extra `fast`); imported only when first needed."""
