"""Whose words a segment is: the respondent who speaks most of its characters, interviewers aside."""

from bisect import bisect_right
from collections import Counter

from interviews.history import images
from interviews.models import Speaker, Transcript

from .models import CodedSegment, Segment


def speech(transcript):
    """``[(start, end, respondent id)]`` of the turns that are some respondent's, in order."""
    turns = Transcript.objects.values_list("turns", flat=True).get(pk=transcript.pk)
    by_label = {
        label: (respondent_id or transcript.respondent_id) if not is_interviewer else None
        for label, respondent_id, is_interviewer in Speaker.objects.filter(transcript=transcript.pk).values_list(
            "label", "respondent_id", "is_interviewer"
        )
    }
    spans = (
        (turn["start"], turn["end"], by_label.get(turn["speaker"], transcript.respondent_id)) for turn in turns
    )
    return [span for span in spans if span[2] is not None]


def respondent_at(spans, start, end):
    """The id of who speaks most of ``start`` to ``end``; None if no respondent does. On a tie, who speaks first."""
    characters = Counter()
    first = max(0, bisect_right(spans, start, key=lambda span: span[0]) - 1)
    for begin, stop, respondent_id in spans[first:]:
        if begin >= end:
            break
        overlap = min(stop, end) - max(begin, start)
        if overlap > 0:
            characters[respondent_id] += overlap
    return characters.most_common(1)[0][0] if characters else None


def refresh(transcript):
    """Bring the respondent of a transcript's segments and coded segments up to date; images before and after."""
    spans = speech(transcript)
    changed = []
    for segment in Segment.objects.filter(transcript=transcript):
        respondent_id = respondent_at(spans, segment.start, segment.end)
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
