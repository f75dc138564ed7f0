"""Many rows of a query, worked on while the database is at the next."""

from collections.abc import Iterator

from django.core.exceptions import EmptyResultSet
from django.db import connections

ROWS_AT_ONCE = 100


def streamed(queryset) -> Iterator[tuple]:
    """The rows of a ``values_list`` of columns that need no conversion. To be taken without delay.

    PostgreSQL works on the next while these are worked on: asked by a cursor it would have written all of them down
    first. Until the last is taken its connection is busy, and the statement's time limit runs.
    """
    connection = connections[queryset.db]
    if connection.vendor != "postgresql":
        yield from queryset.iterator()
        return
    try:
        sql = connection.ops.compose_sql(*queryset.query.get_compiler(connection=connection).as_sql())
    except EmptyResultSet:
        return
    with connection.cursor() as cursor, connection.wrap_database_errors:
        yield from cursor.stream(sql, size=ROWS_AT_ONCE)
