"""The Hugging Face Hub for people and programs: reading it with a memory, and picking models and data sets from it."""

from providers.adapters.hub import LARGEST_SEARCH, LONGEST_PAGE, SORTS, Found, RowsWanted, Search, is_name
from providers.adapters.hub_shapes import Column, HubDataset, HubModel, Partner, Row, Rows, Split
from providers.hub.picking import Use, add_model, use_of
from providers.hub.reading import PROTOCOL, HubReader, reader

__all__ = [
    "LARGEST_SEARCH",
    "LONGEST_PAGE",
    "PROTOCOL",
    "SORTS",
    "Column",
    "Found",
    "HubDataset",
    "HubModel",
    "HubReader",
    "Partner",
    "Row",
    "Rows",
    "RowsWanted",
    "Search",
    "Split",
    "Use",
    "add_model",
    "is_name",
    "reader",
    "use_of",
]
