"""Grounding: every sentence that claims a fact points to the fact it came from; what has no source is marked."""

from marketing.content.grounding.record import BLOCKING, Block, confirm, ground, open_claims
from marketing.content.grounding.shapes import Claim, Kind, Sentence, Source

__all__ = ["BLOCKING", "Block", "Claim", "Kind", "Sentence", "Source", "confirm", "ground", "open_claims"]
