"""Benchmarks: one topic each, with the usual way of doing the same thing beside it in one run."""
