"""Restricted passages: what a respondent asked to keep out. Readers do not see them, and nothing taken out holds them.

One place decides what is hidden from whom: ``hidden_from`` for pages, ``hidden_in_exports`` for files and the API,
each with one query. Whoever hands out text asks the ``Hidden`` they give. A hidden character becomes PLACEHOLDER, so
that every position holds; a quote that touches a restricted passage is withheld whole.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from functools import cached_property
from itertools import pairwise

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import editing, history
from .access import allows
from .anchors import NEEDS_EYES, WIDE
from .locks import own_text
from .models import RestrictedPassage, Transcript

PLACEHOLDER = "█"
WITHHELD = gettext_lazy("Withheld (restricted passage)")
LEAST_QUOTED = 8  # characters: fewer stand in many texts
RUN = 3  # words by which a stretch of a passage is known again
_WORD = re.compile(rf"[{WIDE}]|[^\W_{WIDE}]+")


class Refused(Exception):
    """Why a passage cannot be restricted, for the person who wants to."""


class Hidden:
    """The ranges that are hidden, by transcript: ``{transcript id: [(start, end), ...]}``.

    ``revisions`` says of which revision of the text they are.
    """

    def __init__(self, ranges=None, revisions=None):
        self.ranges = {pk: _joined(each) for pk, each in (ranges or {}).items()}
        self.revisions = revisions or {}

    def __bool__(self):
        return bool(self.ranges)

    def touches(self, transcript_id, start, end):
        """Whether a range has a hidden character in it."""
        ranges = self.ranges.get(transcript_id)
        if not ranges:
            return False
        at = bisect_left(ranges, (end, end)) - 1
        return at >= 0 and ranges[at][1] > start

    def covers(self, transcript_id, start, end):
        """Whether all of a range is hidden."""
        return any(low <= start and end <= high for low, high in self.ranges.get(transcript_id, ()))

    def whole(self, transcript):
        """The text of a transcript, for whom it is."""
        return self.of_revision(transcript.pk, transcript.revision, transcript.text)

    def of_revision(self, transcript_id, revision, text):
        """A whole text. One that was edited in the same moment is hidden altogether, not wrongly."""
        if self.revisions.get(transcript_id, revision) != revision:
            return _blank(text)
        return self.text(transcript_id, text)

    def text(self, transcript_id, text, at=0):
        """A piece of a transcript's text that begins ``at``, with what is hidden replaced sign by sign."""
        for start, end in self.ranges.get(transcript_id, ()):
            low, high = max(0, start - at), min(len(text), end - at)
            if low < high:
                text = text[:low] + _blank(text[low:high]) + text[high:]
        return text

    def quote(self, transcript_id, start, end, quote):
        return str(WITHHELD) if self.touches(transcript_id, start, end) else quote


def _blank(words):
    """As many signs; line ends stay, as the page is laid out by them."""
    return "".join("\n" if sign == "\n" else PLACEHOLDER for sign in words)


def _joined(ranges):
    found = []
    for start, end in sorted(ranges):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


class Quotations:
    """Tells texts that quote what is ``hidden``, such as the example of a code. Texts are read only if asked."""

    def __init__(self, hidden):
        self.hidden = hidden

    @cached_property
    def _texts(self):
        return dict(Transcript.objects.filter(pk__in=self.hidden.ranges).order_by().values_list("pk", "text"))

    @cached_property
    def _secrets(self):
        found = (_plain(self._texts[pk][a:b]) for pk, each in self.hidden.ranges.items() for a, b in each)
        return [words for words in found if len(words) >= LEAST_QUOTED]

    @cached_property
    def _pairs(self):
        """The pairs of neighbouring words that have a hidden character in them: no quotation is without one."""
        found = set()
        for pk, text in self._texts.items():
            places = list(_WORD.finditer(text))
            for first, second in pairwise(places):
                if self.hidden.touches(pk, first.start(), second.end()):
                    found.add((first[0].casefold(), second[0].casefold()))
        return found

    def shown(self, text):
        return str(WITHHELD) if text in self else text

    def __contains__(self, text):
        if not self.hidden or not text:
            return False
        words = _plain(text).strip("“”\"' ")
        if any(secret in words for secret in self._secrets if len(_words(secret)) == 1):
            return True
        if len(words) < LEAST_QUOTED or self._pairs.isdisjoint(pairwise(_words(words))):
            return False  # a single word of a passage is no quotation
        if any(secret in words for secret in self._secrets):
            return True
        pattern = re.compile(r"\s+".join(map(re.escape, words.split())))
        return any(
            self.hidden.touches(pk, *match.span())
            for pk, whole in self._texts.items()
            for match in pattern.finditer(whole)
        )


def _plain(text):
    return " ".join(text.split())


NOTHING = Hidden()
NO_QUOTATIONS = Quotations(NOTHING)
ANY = Exists(RestrictedPassage.objects.filter(transcript=OuterRef("pk"), lifted_at=None))


def passages_of(study_id):
    """All that is restricted in a study, whoever asks."""
    ranges, revisions = defaultdict(list), {}
    rows = RestrictedPassage.objects.filter(transcript__study=study_id, lifted_at=None).order_by()
    for pk, start, end, revision in rows.values_list("transcript_id", "start", "end", "transcript__revision"):
        ranges[pk].append((start, end))
        revisions[pk] = revision
    return Hidden(ranges, revisions)


def hidden_from(row):
    """What is hidden from the person a study or transcript was found for (``access.reach``) on pages."""
    return NOTHING if allows(row.my_role, "see_restricted") else hidden_in_exports(row)


def hidden_in_exports(row):
    """What no file and no answer to a script has, whoever asks; of a study or a transcript's study."""
    return passages_of(getattr(row, "study_id", row.pk))


# Restricting and lifting

_followers = []


def follow(take_out):
    """Have ``take_out(passage, actor)`` called when a passage is restricted; it takes out what quotes it elsewhere.

    It returns what it took out, to be told.
    """
    _followers.append(take_out)


@transaction.atomic
def restrict(transcript_id, actor, start, end, *, revision, reason=""):
    """Restrict a range of the text of this revision; returns the passage. Raises Refused.

    Its ``taken_out`` is what quoted it elsewhere, and does no more.
    """
    own_text(transcript_id)
    transcript = Transcript.objects.select_related("study").get(pk=transcript_id)
    if transcript.revision != revision:
        raise Refused(_("The text was changed meanwhile. Look at it again, then choose the words."))
    if not 0 <= start < end <= len(transcript.text) or not transcript.text[start:end].strip():
        raise Refused(_("There are no such words in the text."))
    row = RestrictedPassage.objects.create(
        transcript=transcript, start=start, end=end, reason=reason[:300], created_by=actor
    )
    _recorded(row, actor, "restrict-passage", {})
    row.taken_out = [each for take_out in _followers for each in take_out(row, actor)]
    return row


@transaction.atomic
def lift(row, actor):
    """Let readers see a passage again; what is lifted already stays so."""
    own_text(row.transcript_id)
    row = RestrictedPassage.objects.select_related("transcript__study").get(pk=row.pk)
    if row.lifted_at:
        return row
    before = history.images(row)
    row.lifted_at = timezone.now()
    row.save(update_fields=["lifted_at"])
    return _recorded(row, actor, "lift-restriction", before)


@transaction.atomic
def settle(row, actor):
    """Say that a passage whose words were edited still covers what it should."""
    own_text(row.transcript_id)
    row = RestrictedPassage.objects.select_related("transcript__study").get(pk=row.pk)
    before = history.images(row)
    row.needs_eyes = False
    row.save(update_fields=["needs_eyes"])
    return _recorded(row, actor, "settle-restriction", before)


def _recorded(row, actor, action, before, **more):
    transcript = row.transcript
    after = history.images(row)
    history.record(
        transcript.study, actor, action, row, before=before, after=after, transcript=transcript, **more
    )
    return row


def _turn(event, actor, change):
    """Undo a restriction by lifting it, and that by restricting again: where it is has gone along with the text."""
    pk = event.target.partition(":")[2]
    row = RestrictedPassage.objects.select_related("transcript__study").get(pk=pk)
    before = history.images(row)
    row.lifted_at = None if row.lifted_at else timezone.now()
    row.save(update_fields=["lifted_at"])
    _recorded(row, actor, "undo", before, change=change, undoes=event)
    return event.undone_by


history.undoers["restrict-passage"] = _turn
history.undoable["restrict-passage"] = history.undoable["lift-restriction"] = "manage_material"


# When the text is edited


def _foresee(edit):
    return editing.Receipt()


def _carry(edit):
    rows = list(RestrictedPassage.objects.filter(transcript=edit.transcript.pk))
    before = history.images(*rows)
    was = [(row, row.start, row.end) for row in rows if not row.lifted_at]
    for row in rows:
        row.start, row.end, changed = _where(edit.map, row.start, row.end)
        row.needs_eyes = row.needs_eyes or changed
    RestrictedPassage.objects.bulk_update(rows, ["start", "end", "needs_eyes"])
    return before, history.images(*rows, *_follow_words(edit, was)), editing.Receipt()


def _where(edit_map, start, end):
    """Where a passage is now, and whether its words are others. Rather too much is hidden than too little."""
    if start < end:
        place = edit_map.place(start, end)
        if place.state != NEEDS_EYES:
            return place.start, place.end, False
    low, high = start, end
    for hunk in edit_map.hunks:
        shift = hunk.new_end - hunk.old_end
        if hunk.old_start <= start:
            low = hunk.new_start if start <= hunk.old_end else start + shift
        if hunk.old_start <= end:
            high = hunk.new_end if end <= hunk.old_end else end + shift
    return low, high, True


def _follow_words(edit, was):
    """Restrict the places to which an edit has put words of passages, ``(row, start, end)`` as they were."""
    if not was or not edit.map.may_move:
        return []
    made = []
    ways = [((start, end), (row.start, row.end)) for row, start, end in was]
    for (row, _start, _end), ranges in zip(was, put_elsewhere(edit.old, edit.text, ways), strict=True):
        about = {"reason": row.reason, "created_by": row.created_by, "needs_eyes": True}
        for start, end in ranges:
            made.append(RestrictedPassage(transcript_id=row.transcript_id, start=start, end=end, **about))
    for row in made:
        row.save()
    return made


def put_elsewhere(old, new, ways):
    """For each passage where else in the new text its words stand now: ``[[(start, end), ...], ...]``.

    ``ways`` are ``((start, end) in the old text, (start, end) in the new one)`` of each. Looked for are runs of RUN of
    its words, and single words that it lost; none that stood openly in the old text.
    """
    hidden, covered = (Hidden({1: [way[side] for way in ways]}) for side in (0, 1))
    open_words = _words(hidden.text(1, old))
    places = list(_WORD.finditer(new))
    words = [match[0].casefold() for match in places]
    found = []
    for (start, end), (low, high) in ways:
        said = _words(old[start:end])
        lost = (Counter(said) - Counter(_words(new[low:high]))).keys() - set(open_words)
        ranges = [place.span() for place, word in zip(places, words, strict=True) if word in lost]
        length = min(RUN, len(said))
        if secret := _runs(said, length) - _runs(open_words, length):
            ranges += [
                (places[at].start(), places[at + length - 1].end())
                for at in range(len(words) - length + 1)
                if tuple(words[at : at + length]) in secret
            ]
        found.append([each for each in _joined(ranges) if not covered.covers(1, *each)])
        covered = Hidden({1: [*covered.ranges.get(1, ()), *ranges]})
    return found


def _words(text):
    return [word.casefold() for word in _WORD.findall(text)]


def _runs(words, length):
    return set(zip(*(words[at:] for at in range(length)), strict=False))


editing.follow(_foresee, _carry)
