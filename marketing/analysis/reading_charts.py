"""Chart rows from a table, under the names that charts use for their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from marketing.analysis.survival import Entry
from marketing.analysis.tables import day, number

_NAMES: Mapping[str, tuple[str, ...]] = {
    "week": ("chart_week", "week", "date", "tydzień", "data"),
    "rank": ("current_week", "rank", "position", "pozycja", "miejsce"),
    "track": ("title", "track", "track_name", "tytuł", "utwór"),
    "artist": ("performer", "artist", "artist_names", "wykonawca"),
    "peak": ("peak_pos", "peak_rank", "peak", "najwyższa pozycja"),
    "weeks": ("wks_on_chart", "weeks_on_chart", "weeks", "tygodnie"),
    "last": ("last_week", "previous_rank", "poprzednio"),
}


def entries_of(rows: Iterable[Mapping[str, str]]) -> Iterator[Entry]:
    """The rows' entries. Raises ValueError where a column that is needed is not there; rows without a rank are left."""
    columns: dict[str, str] | None = None
    for row in rows:
        columns = columns or _columns(row)
        week, rank = day(row[columns["week"]]), number(row[columns["rank"]])
        if week is None or rank is None or rank < 1:
            continue
        past = {name: _whole(row[columns[name]]) for name in ("peak", "weeks", "last") if name in columns}
        artist = row[columns["artist"]].strip() if "artist" in columns else ""
        yield Entry(week, int(rank), row[columns["track"]].strip(), artist, **past)


def _columns(row: Mapping[str, str]) -> dict[str, str]:
    there = {name.strip().lower(): name for name in row if name}
    found = {
        what: there[name]
        for what, names in _NAMES.items()
        if (name := next((one for one in names if one in there), ""))
    }
    missing = [what for what in ("week", "rank", "track") if what not in found]
    if missing:
        raise ValueError(f"No column for the {missing[0]}; its name would be one of: {', '.join(_NAMES[missing[0]])}.")
    return found


def _whole(text: str) -> int | None:
    found = number(text)
    return int(found) if found is not None and found >= 1 else None
