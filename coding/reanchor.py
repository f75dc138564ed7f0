"""Segments and codings when a transcript's text is edited: each stays with its words, none is lost.

A segment that did not simply keep its words remembers where it had them, in ``was_revision``, ``was_start`` and
``was_end``: a text that has those words there again brings it back. Two segments never fall together: one that would
lie where another lies already is put on the nearest free range, and needs eyes.
"""

from bisect import bisect_right
from collections import Counter
from itertools import count, groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from interviews import history
from interviews.anchors import KEPT, MOVED, NEEDS_EYES, EditMap, through
from interviews.editing import Fate, Receipt, Refused, maps_since, shown_text_of
from interviews.models import TextRevision
from interviews.restricted import NOTHING, WITHHELD
from interviews.turns import count_words

from .attribution import Speech
from .models import CodedSegment, Memo, Segment

_ASIDE = 1_000_000_000  # beyond any text: where ranges wait while others take their places
_FIELDS = ("start", "end", "words", "needs_eyes", "was_revision", "was_start", "was_end", "respondent_id")


class Was(NamedTuple):
    """A segment before the edit."""

    pk: int
    start: int
    end: int
    words: int
    needs_eyes: bool
    was_revision: int | None
    was_start: int | None
    was_end: int | None
    respondent_id: int | None


class Goes(NamedTuple):
    """Where it goes: ``shifts`` if all else stays as stored, ``back`` if it has the words again it was made for."""

    row: Was
    start: int
    end: int
    state: str
    shifts: bool = False
    back: bool = False


_range_followers = []


def follow_ranges(carry):
    """Have ``carry(edit, {old range: new range})`` called for what names passages by their places; gives images."""
    _range_followers.append(carry)


def foresee(edit):
    """What the edit would do to codings."""
    return _receipt(edit, _journeys(edit))


def carry(edit):
    """Move a transcript's segments to where their words are in its new text; images before and after, and a Receipt."""
    journeys = _journeys(edit)
    receipt = _receipt(edit, journeys)
    speech = Speech(edit.transcript, edit.turns)
    before, after = _write(edit, journeys, speech)
    ranges = {(goes.row.start, goes.row.end): (goes.start, goes.end) for goes in journeys}
    for follower in _range_followers:
        _merge(before, after, follower(edit, ranges))
    return before, after, receipt


def _journeys(edit):
    rows = Segment.objects.filter(transcript=edit.transcript.pk).order_by("start", "end")
    rows = [Was(*row) for row in rows.values_list("pk", *_FIELDS)]
    earlier = _earlier_maps(edit, {row.was_revision for row in rows} - {None})
    journeys = [_journey(edit, row, earlier) for row in rows]
    return _apart(journeys, len(edit.text))


def _earlier_maps(edit, numbers):
    revisions = TextRevision.objects.filter(transcript=edit.transcript.pk, number__in=numbers)
    return {number: EditMap(text, edit.text) for number, text in revisions.values_list("number", "text")}


def _journey(edit, row, earlier):
    if row.was_revision in earlier:
        place = earlier[row.was_revision].place(row.was_start, row.was_end)
        if place.exact:
            return Goes(row, place.start, place.end, KEPT, back=True)
    place = edit.map.place(row.start, row.end)
    if edit.way_back:
        back = through(edit.way_back, row.start, row.end)
        if back.exact and back != place:
            state = NEEDS_EYES if row.needs_eyes else KEPT
            return Goes(row, back.start, back.end, state, back=row.was_revision is None)
    if place.exact:
        return Goes(row, place.start, place.end, NEEDS_EYES if row.needs_eyes else KEPT, shifts=True)
    state = NEEDS_EYES if row.needs_eyes else place.state
    return Goes(row, place.start, place.end, state)


def _apart(journeys, length):
    """The same, with no two on one range: those that kept their words first, others where there is room."""
    taken, rooms = set(), {}
    order = sorted(
        journeys, key=lambda goes: (not goes.shifts, goes.state == NEEDS_EYES, goes.state == MOVED)
    )
    found = {}
    for goes in order:
        wanted = goes.start, goes.end
        if wanted in taken:
            room = rooms.setdefault(wanted, _ranges_near(*wanted, length))
            free = next((each for each in room if each not in taken), None)
            if free is None:
                raise Refused(_("This text is too short for the passages that are coded in it."))
            goes = goes._replace(start=free[0], end=free[1], state=NEEDS_EYES, shifts=False, back=False)
        taken.add((goes.start, goes.end))
        found[goes.row.pk] = goes
    return [found[goes.row.pk] for goes in journeys]


def _ranges_near(start, end, length):
    """Ranges about a range, the least different first."""
    for wider in count(1):
        low, high = max(0, start - wider), min(length, end + wider)
        if wider > start and wider > length - end:
            yield from ((a, b) for a in range(length) for b in range(a + 1, length + 1))
            return
        if end + wider <= length:
            yield from ((a, high) for a in range(start, high))
        if start - wider >= 0:
            yield from ((low, b) for b in range(end, low, -1))


def _receipt(edit, journeys):
    told = {goes.row.pk: goes for goes in journeys if not goes.shifts and goes.state != KEPT}
    codings = CodedSegment.objects.filter(content_object__transcript=edit.transcript.pk)
    numbers = Counter(dict(codings.order_by().values_list("content_object").annotate(Count("pk"))))
    names = _codes_of(told)
    fates = {MOVED: [], NEEDS_EYES: []}
    texts = {}
    for pk, goes in told.items():
        if names.get(pk):
            words = edit.text[goes.start : goes.end]
            fate = Fate(
                _was_words(edit, goes.row, texts), words, _turn_at(edit.turns, goes.start), names[pk], pk
            )
            fates[goes.state].append(fate)
    kept = numbers.total() - sum(numbers[pk] for pk in told)
    return Receipt(kept, fates[MOVED], fates[NEEDS_EYES])


def _was_words(edit, row, texts):
    """The words a segment was coded for."""
    if row.was_revision is None:
        return edit.old[row.start : row.end]
    if row.was_revision not in texts:
        texts[row.was_revision] = shown_text_of(edit.transcript.pk, row.was_revision, False) or ""
    return texts[row.was_revision][row.was_start : row.was_end]


def _codes_of(segments):
    """``{segment id: ["code (coder)", ...]}``."""
    found = {}
    pks = list(segments)
    for first in range(0, len(pks), 500):
        rows = CodedSegment.objects.filter(content_object__in=pks[first : first + 500])
        for pk, code, coder in rows.order_by("tag__name").values_list(
            "content_object", "tag__name", "coder__username"
        ):
            found.setdefault(pk, []).append((code, coder))
    return found


def _turn_at(turns, at):
    """The number of the turn at a position, from 1."""
    return max(1, bisect_right(turns, at, key=itemgetter("start")))


def _write(edit, journeys, speech):
    """Store where segments go. Ranges are unique at every moment, so those that move first step aside."""
    segments = Segment.objects.filter(transcript=edit.transcript.pk)
    first = edit.map.hunks[0].old_start
    segments.filter(Q(end__gt=first) | Q(was_revision__isnull=False)).update(
        start=F("start") + _ASIDE, end=F("end") + _ASIDE
    )
    shifting = [goes for goes in journeys if goes.shifts and (goes.row.end > first or goes.row.was_revision)]
    changed = [goes for goes in journeys if not goes.shifts]
    before, after = _place_anew(edit, changed)
    runs = []
    for shift, run in groupby(shifting, key=lambda goes: goes.start - goes.row.start):
        run = list(run)
        low, high = run[0].row.start, run[-1].row.start
        segments.filter(start__gte=low + _ASIDE, start__lte=high + _ASIDE).update(
            start=F("start") + (shift - _ASIDE), end=F("end") + (shift - _ASIDE)
        )
        if shift:
            runs.append([low, high, shift])
    if runs:
        but = [goes.row.pk for goes in changed]
        moved = {"transcript_id": edit.transcript.pk, "runs": runs, "but": but}
        after[f"{history.MOVED}:segment"] = moved
    _merge(before, after, _attribute(journeys, speech))
    return before, after


def _place_anew(edit, changed):
    before, after, rows = {}, {}, []
    for goes in changed:
        old = goes.row
        quote = edit.text[goes.start : goes.end]
        was = (edit.transcript.revision - 1, old.start, old.end)
        if goes.back:
            was = (None, None, None)
        elif old.was_revision is not None:
            was = (old.was_revision, old.was_start, old.was_end)
        row = Segment(
            pk=old.pk,
            start=goes.start,
            end=goes.end,
            quote=quote,
            words=count_words(quote),
            needs_eyes=goes.state == NEEDS_EYES,
            was_revision=was[0],
            was_start=was[1],
            was_end=was[2],
            respondent_id=old.respondent_id,
        )
        rows.append(row)
        before[f"segment:{old.pk}"] = dict(zip(_FIELDS, old[1:], strict=True))
        after[f"segment:{old.pk}"] = {name: getattr(row, name) for name in _FIELDS}
    written = [name for name in _FIELDS if name != "respondent_id"] + ["quote"]
    Segment.objects.bulk_update(rows, written, batch_size=100)
    return before, after


def _attribute(journeys, speech):
    """Say anew whose words segments are, where the speaker has changed; images before and after."""
    now = {}
    for goes in journeys:
        respondent_id = speech.respondent_at(goes.start, goes.end)
        if respondent_id != goes.row.respondent_id:
            now[goes.row.pk] = respondent_id
    before, after = {}, {}
    was = {goes.row.pk: goes.row.respondent_id for goes in journeys}
    pks = sorted(now, key=lambda pk: (now[pk] or 0, pk))
    for respondent_id, group in groupby(pks, key=now.get):
        group = list(group)
        for first in range(0, len(group), 500):
            part = group[first : first + 500]
            coded = CodedSegment.objects.filter(content_object__in=part)
            for pk, old in coded.values_list("pk", "respondent"):
                before[f"codedsegment:{pk}"] = {"respondent_id": old}
                after[f"codedsegment:{pk}"] = {"respondent_id": respondent_id}
            for pk in part:
                before[f"segment:{pk}"] = {"respondent_id": was[pk]}
                after[f"segment:{pk}"] = {"respondent_id": respondent_id}
            coded.update(respondent=respondent_id)
            Segment.objects.filter(pk__in=part).update(respondent=respondent_id)
    return before, after


def _merge(before, after, more):
    for images, additional in zip((before, after), more, strict=True):
        for key, values in additional.items():
            images[key] = {**images.get(key, {}), **values}


# What needs eyes, until somebody has looked


def waiting(transcript, hidden=NOTHING):
    """The coded passages of a transcript whose words were changed, as Fates, in the order of the text.

    Where anything is ``hidden`` in the transcript, no older words are shown: they may be what is hidden now.
    """
    keeps_old = transcript.pk not in hidden.ranges
    text, turns = transcript.text, transcript.turns
    rows = Segment.objects.filter(_used(), transcript=transcript.pk, needs_eyes=True).order_by("start", "end")
    rows = list(rows)
    names = _codes_of([row.pk for row in rows])
    texts = dict(
        TextRevision.objects.filter(
            transcript=transcript.pk, number__in={row.was_revision for row in rows}, sealed_at=None
        ).values_list("number", "text")
    )
    return [
        Fate(
            texts.get(row.was_revision, "")[row.was_start : row.was_end] if keeps_old else str(WITHHELD),
            hidden.quote(transcript.pk, row.start, row.end, text[row.start : row.end]),
            _turn_at(turns, row.start),
            names.get(row.pk, []),
            row.pk,
        )
        for row in rows
    ]


def _used():
    coded = CodedSegment.objects.filter(content_object=OuterRef("pk"))
    return Q(Exists(coded)) | Q(Exists(Memo.objects.filter(segment=OuterRef("pk"))))


def settle(transcript, segment_ids, actor):
    """Take passages as they are now: their words need no more eyes. One event, or None."""
    rows = list(Segment.objects.filter(transcript=transcript.pk, pk__in=segment_ids, needs_eyes=True))
    before = history.images(*rows)
    for row in rows:
        row.needs_eyes, row.was_revision, row.was_start, row.was_end = False, None, None, None
    Segment.objects.bulk_update(rows, ["needs_eyes", "was_revision", "was_start", "was_end"], batch_size=200)
    if not rows:
        return None
    return history.record(
        transcript.study,
        actor,
        "settle-passages",
        transcript,
        before=before,
        after=history.images(*rows),
        transcript=transcript,
    )


# Changes from a browser that has an older text


class Rebase:
    """Takes positions of an older revision of a transcript's text to the present one."""

    def __init__(self, transcript_id, revision):
        self.transcript_id = transcript_id
        self.maps = maps_since(transcript_id, revision)
        self._whole = None

    def range(self, start, end):
        """Where a range is now, or None if somebody has to look."""
        try:
            place = through(self.maps, start, end) if self.maps else None
            if place and place.state == NEEDS_EYES and len(self.maps) > 1:
                place = self._direct.place(start, end)
        except ValueError:
            return None
        return (place.start, place.end) if place and place.state != NEEDS_EYES else None

    def near(self, start, end):
        """About where a range is whose words were changed, for people to look; None if that cannot be told."""
        try:
            place = through(self.maps, start, end) if self.maps else None
        except ValueError:
            return None
        return (place.start, place.end) if place else None

    def point(self, at):
        """Where a place between two characters is now, or None if it lay within words that were changed."""
        for edit in self.maps or []:
            at = edit.point(at) if at is not None else None
        return at if self.maps else None

    @property
    def _direct(self):
        if self._whole is None:
            self._whole = EditMap(self.maps[0].old, self.maps[-1].new)
        return self._whole
