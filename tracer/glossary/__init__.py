"""The terms of Python web serving, in English and Korean, and what kind of thing each of them is."""

from tracer.glossary.matrix import WAYS, Cell, matrix
from tracer.glossary.picture import Stage, picture
from tracer.glossary.term import LANGUAGES, Seed, Term, find, near, terms

__all__ = ["LANGUAGES", "WAYS", "Cell", "Seed", "Stage", "Term", "find", "matrix", "near", "picture", "terms"]
