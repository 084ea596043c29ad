"""Mutants: the code with one thing changed at a time, and whether its own tests notice."""
