"""Querysets compiled once give what the querysets give."""

import pytest
from django.db.models.functions import Substr

from coding.models import Segment
from interviews.models import Transcript
from interviews.prepared import Prepared
from tests.factories import make_segment, make_transcript

pytestmark = pytest.mark.django_db


def test_it_gives_the_rows_of_its_queryset_for_any_values():
    def segments(transcript, start):
        rows = Segment.objects.filter(transcript=transcript, start__gte=start).order_by("start")
        return rows.values_list("start", "end", "quote")

    prepared = Prepared(segments, 2)
    for transcript in (make_transcript(), make_transcript()):
        for start in range(0, 30, 10):
            make_segment(transcript, start, start + 7)
        for start in (0, 10, 11, 99):
            assert [tuple(row) for row in prepared.rows(transcript.pk, start)] == list(
                segments(transcript.pk, start)
            )


def test_positions_in_functions_are_values_too():
    transcript = make_transcript(text="WENBO: 老𬭎 went.\n")
    prepared = Prepared(
        lambda pk, first, length: (
            Transcript.objects.filter(pk=pk).order_by().values_list(Substr("text", first, length))
        ),
        3,
    )
    assert [row[0] for row in prepared.rows(transcript.pk, 8, 2)] == ["老𬭎"]


def test_it_takes_as_many_values_as_it_has_places():
    prepared = Prepared(lambda pk: Transcript.objects.filter(pk=pk).values_list("pk"), 1)
    with pytest.raises(ValueError, match="zip"):
        prepared.rows(1, 2)
