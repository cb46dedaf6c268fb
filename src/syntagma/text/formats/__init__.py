"""Readers and writers, one file per format; all of them stream."""
