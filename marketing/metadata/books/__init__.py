"""Books: the rules B01 to B29."""

from marketing.metadata.books import description, identity, keywords, titles, trade
from marketing.metadata.books.record import RULES

# The rules declare themselves when their modules are read.
MODULES = (description, identity, keywords, titles, trade)

__all__ = ["MODULES", "RULES"]
