"""What stands around a quote, and the turn that it is in."""

import re
from bisect import bisect_right

from django.db.models import Func, JSONField

from interviews.models import Transcript

AROUND = 90  # code points of the text shown before and after a quote


def text_before(text, start):
    """What stands before a quote, from a whole word on; "…" says that it goes on. Near the beginning, all there is."""
    if start <= AROUND:
        return text[:start].lstrip()
    return "…" + re.sub(r"^\S{0,20}\s+", "", text)


def text_after(text):
    if len(text) < AROUND:
        return text.rstrip()
    return re.sub(r"\s+\S{0,20}$", "", text).rstrip(".,;:，。；：、 ") + "…"


def turns_of(transcripts):
    """The turns of some transcripts (ids), as ``{id: (ends, turns)}`` for ``turn_at``."""
    rows = Transcript.objects.filter(pk__in=transcripts).order_by().values_list("pk", "turns")
    return {pk: ([turn["end"] for turn in turns], turns) for pk, turns in rows}


class _Ends(Func):
    """Where the turns end, as a list: turns are many times as long, and the database takes them apart faster."""

    output_field = JSONField()
    template = "jsonb_path_query_array(%(expressions)s, '$[*].end')"

    def as_sqlite(self, compiler, connection, **kwargs):
        ends = "(SELECT json_group_array(value ->> '$.end') FROM json_each(%(expressions)s))"
        return self.as_sql(compiler, connection, template=ends, **kwargs)


def ends_of(transcripts):
    """Where the turns of some transcripts (ids) end: ``{id: [end, ...]}``."""
    rows = Transcript.objects.filter(pk__in=transcripts).order_by()
    return dict(rows.annotate(ends=_Ends("turns")).values_list("pk", "ends"))


def turn_at(turns, start):
    """The number (from 1) and the turn that holds a place, or the first after it; (0, None) where none is."""
    ends, listed = turns
    if not listed:
        return 0, None
    number = min(bisect_right(ends, start), len(listed) - 1)
    return number + 1, listed[number]
