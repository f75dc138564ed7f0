"""Whose words a segment is: the respondent who speaks most of its characters, interviewers aside."""

from array import array
from bisect import bisect_right
from collections import Counter

from django.core.cache import cache

from interviews.history import images
from interviews.models import Speaker, Transcript
from interviews.prepared import Prepared

from .models import CodedSegment, Segment

SPEAKERS = Prepared(
    lambda transcript: (
        Speaker.objects.filter(transcript=transcript)
        .order_by()
        .values_list("label", "respondent_id", "is_interviewer")
    ),
    1,
)


class Speech:
    """Who speaks where in a transcript, as it is now; ``turns`` while its text is being edited."""

    def __init__(self, transcript, turns=None):
        self.starts, self.ends, self.labels = _turns(transcript) if turns is None else _columns(turns)
        self.main = transcript.respondent_id
        self.speakers = {
            label: None if is_interviewer else respondent_id or self.main
            for label, respondent_id, is_interviewer in SPEAKERS.rows(transcript.pk)
        }

    def respondent_at(self, start, end):
        """The id of who speaks most of ``start`` to ``end``; None if no respondent does. On a tie, who is first."""
        characters = Counter()
        for turn in range(max(0, bisect_right(self.starts, start) - 1), len(self.starts)):
            if self.starts[turn] >= end:
                break
            respondent_id = self.speakers.get(self.labels[turn], self.main)
            overlap = min(self.ends[turn], end) - max(self.starts[turn], start)
            if overlap > 0 and respondent_id is not None:
                characters[respondent_id] += overlap
        return characters.most_common(1)[0][0] if characters else None


def _turns(transcript):
    """``(starts, ends, labels)`` of the turns. Cached: a revision's never change."""
    return cache.get_or_set(
        f"turns:{transcript.pk}:{transcript.revision}", lambda: _read_turns(transcript.pk)
    )


def _read_turns(pk):
    return _columns(Transcript.objects.values_list("turns", flat=True).get(pk=pk))


def _columns(turns):
    return (
        array("I", [turn["start"] for turn in turns]),
        array("I", [turn["end"] for turn in turns]),
        [turn["speaker"] for turn in turns],
    )


def refresh(transcript):
    """Bring the respondent of a transcript's segments and coded segments up to date; images before and after."""
    speech = Speech(transcript, transcript.turns)  # they may be of a revision that is not kept yet
    changed = []
    for segment in Segment.objects.filter(transcript=transcript):
        respondent_id = speech.respondent_at(segment.start, segment.end)
        if respondent_id != segment.respondent_id:
            changed.append((segment, respondent_id))
    segments = [segment for segment, _new in changed]
    coded = list(CodedSegment.objects.filter(content_object__in=segments))
    before = images(*segments, *coded)
    now = {segment.pk: respondent_id for segment, respondent_id in changed}
    for segment in segments:
        segment.respondent_id = now[segment.pk]
    for row in coded:
        row.respondent_id = now[row.content_object_id]
    Segment.objects.bulk_update(segments, ["respondent"], batch_size=200)
    CodedSegment.objects.bulk_update(coded, ["respondent"], batch_size=200)
    return before, images(*segments, *coded)
