"""Finding the entries of the code lists that fit a text: by words in common, and by vectors made of the lists."""

from marketing.metadata.retrieval.index import Found, Index, Listed
from marketing.metadata.retrieval.lists import QUALIFIER_KINDS, genres, qualifiers, subjects, tags

__all__ = ["QUALIFIER_KINDS", "Found", "Index", "Listed", "genres", "qualifiers", "subjects", "tags"]
