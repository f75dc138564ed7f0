"""Querysets compiled once and asked many times.

For the few statements behind every coding, Django takes several times longer to write the SQL than the database to
answer it. The queryset stays the definition; only its compiling is spared.
"""

from django.db import connection

_FIRST_PLACE = (
    1_900_000_001  # numbers that stand for values not known yet: valid ids and positions, never real ones
)


class Prepared:
    """``Prepared(make, n)``: ``make`` takes n whole numbers and gives a ``values_list`` queryset."""

    def __init__(self, make, places):
        self.make = make
        self.places = [_FIRST_PLACE + place for place in range(places)]
        self.compiled = {}

    def rows(self, *values):
        """The rows for these values, as the database gives them: no field's conversion is applied."""
        if connection.vendor not in self.compiled:
            query = self.make(*self.places).query
            self.compiled[connection.vendor] = query.get_compiler(connection=connection).as_sql()
        sql, params = self.compiled[connection.vendor]
        known = dict(zip(self.places, values, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(sql, [known.get(param, param) for param in params])
            return cursor.fetchall()
