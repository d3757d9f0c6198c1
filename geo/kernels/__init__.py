"""Compiled kernels: pure functions over plain arrays, and nothing of the plan or the files."""
