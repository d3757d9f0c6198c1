"""Readers: one module per family of input files; each turns a file into a plain table."""
