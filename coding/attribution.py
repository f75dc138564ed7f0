"""Whose words a segment is: the respondent who speaks most of its characters, interviewers aside."""

from bisect import bisect_right
from collections import Counter
from itertools import islice
from operator import itemgetter

from django.core.cache import cache

from interviews.history import images
from interviews.models import Speaker, Transcript

from .models import CodedSegment, Segment


class Speech:
    """Who speaks where in a transcript, as it is now."""

    def __init__(self, transcript):
        self.turns = _turns(transcript)
        self.main = transcript.respondent_id
        self.speakers = {
            label: (respondent_id or self.main) if not is_interviewer else None
            for label, respondent_id, is_interviewer in Speaker.objects.filter(
                transcript=transcript.pk
            ).values_list("label", "respondent_id", "is_interviewer")
        }

    def respondent_at(self, start, end):
        """The id of who speaks most of ``start`` to ``end``; None if no respondent does. On a tie, who is first."""
        characters = Counter()
        first = max(0, bisect_right(self.turns, start, key=itemgetter(0)) - 1)
        for begin, stop, label in islice(self.turns, first, None):
            if begin >= end:
                break
            respondent_id = self.speakers.get(label, self.main)
            overlap = min(stop, end) - max(begin, start)
            if overlap > 0 and respondent_id is not None:
                characters[respondent_id] += overlap
        return characters.most_common(1)[0][0] if characters else None


def _turns(transcript):
    """``[(start, end, label)]``. A revision's turns never change, and reading them is most of a change's time."""
    return cache.get_or_set(
        f"turns:{transcript.pk}:{transcript.revision}",
        lambda: [
            (turn["start"], turn["end"], turn["speaker"])
            for turn in Transcript.objects.values_list("turns", flat=True).get(pk=transcript.pk)
        ],
    )


def refresh(transcript):
    """Bring the respondent of a transcript's segments and coded segments up to date; images before and after."""
    speech = Speech(transcript)
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
