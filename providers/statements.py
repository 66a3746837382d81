"""SQL written by hand for the path of every call, straight to the driver of Django's connection.

The ORM takes a third of a millisecond for a statement and Django's own cursor most of a tenth; the gateway asks a dozen
at every call. Transactions, errors and conversions are Django's as ever. `%s` marks a value for every database.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from django.db import connection

Query = tuple[str, Sequence[Any]]


def rows(query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """The answer to a query. Raises Django's DatabaseError."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        found: list[tuple[Any, ...]] = connection.connection.execute(_written(query), values).fetchall()
        return found


def several(*queries: Query) -> list[list[tuple[Any, ...]]]:
    """The answers to several queries; on PostgreSQL in one journey. Raises Django's DatabaseError."""
    if connection.vendor != "postgresql":
        return [rows(query, values) for query, values in queries]
    if not queries:
        return []
    connection.ensure_connection()
    text = "; ".join(query for query, _values in queries)
    values = [value for _query, given in queries for value in given]
    with connection.wrap_database_errors:
        cursor = connection.connection.execute(text, values)
        answers = [cursor.fetchall()]
        while cursor.nextset():
            answers.append(cursor.fetchall())
        return answers


def write(statement: str, changes: Collection[Sequence[Any]]) -> None:
    """The same statement for each of the changes. Raises Django's DatabaseError."""
    if not changes:
        return
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.connection.cursor().executemany(_written(statement), list(changes))


def write_all(changes: Sequence[tuple[str, Collection[Sequence[Any]]]]) -> None:
    """Statements, each for its changes, in order; on PostgreSQL in one journey. Raises Django's DatabaseError."""
    if connection.vendor != "postgresql":
        for statement, own in changes:
            write(statement, own)
        return
    text = "; ".join(statement for statement, own in changes for _change in own)
    if not text:
        return
    connection.ensure_connection()
    with connection.wrap_database_errors:
        connection.connection.execute(text, [value for _statement, own in changes for one in own for value in one])


def _written(query: str) -> str:
    return _for_sqlite(query) if connection.vendor == "sqlite" else query


@lru_cache(maxsize=1024)
def _for_sqlite(query: str) -> str:
    return query.replace("%s", "?").replace("%%", "%")
