"""Letters without what people leave out when they search: marks, capitals, the stroke of ł."""

from __future__ import annotations

import unicodedata

# Letters that no normal form takes apart.
_WHOLE = str.maketrans("łŁøßæ", "lLosa")


def plain(text: str) -> str:
    """Lower case without marks on letters: „Żółć” becomes "zolc"."""
    apart = unicodedata.normalize("NFKD", text.translate(_WHOLE))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()
