"""Music releases: the rules M01 to M33."""

from marketing.metadata.music import codes, guests, names, release, titles
from marketing.metadata.music.record import RULES

# The rules declare themselves when their modules are read.
MODULES = (codes, guests, names, release, titles)

__all__ = ["MODULES", "RULES"]
