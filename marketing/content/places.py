"""Where a text may stand: a social platform, or a sheet with several fields."""

from __future__ import annotations

from marketing.content.platforms import Platform, platform, platforms
from marketing.content.sheets.table import Sheet, sheet, sheets

Place = Platform | Sheet


def place(slug: str) -> Place:
    """The platform or sheet with this slug. Raises KeyError when there is neither."""
    try:
        return platform(slug)
    except KeyError:
        return sheet(slug)


def places() -> tuple[Place, ...]:
    """Every one, platforms first."""
    return (*platforms(), *sheets())
