"""Correcting a transcript's text: a new revision, and all that has a place in the text goes along.

What other apps keep at places of a text follows by ``follow``, as interviews may not import them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from . import history
from .anchors import EditMap
from .locks import own_text
from .material import labels_of, respondents_by_name, settle, words_said
from .models import Speaker, TextRevision, Transcript
from .speakers import INTERVIEWER, reassign
from .turns import find_turns, is_interviewer_label

LONGEST = 20_000_000  # characters


class Refused(Exception):
    """An edit that cannot be; ``str()`` gives the sentence that says why."""


class Stale(Exception):
    """The text was edited since the revision this edit began from."""


class Fate(NamedTuple):
    """What becomes of a coded passage: its words before and after, where it was, what it is coded with."""

    old: str
    new: str
    turn: int
    about: list
    id: int


@dataclass
class Receipt:
    """What an edit does to codings: how many stay with their words, and which do not."""

    kept: int = 0
    moved: list[Fate] = field(default_factory=list)
    eyes: list[Fate] = field(default_factory=list)

    @property
    def n_moved(self):
        return sum(len(fate.about) for fate in self.moved)

    @property
    def n_eyes(self):
        return sum(len(fate.about) for fate in self.eyes)


class Edit:
    """A transcript as it is, and the text it is to have. Raises Refused for a text it cannot have.

    ``undoes`` is the event of the edit that this one takes back, if it takes one back.
    """

    def __init__(self, transcript, text, undoes=None):
        self.transcript, self.undoes = transcript, undoes
        self.old, self.old_turns, self.revision = transcript.text, transcript.turns, transcript.revision
        self.text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        if not self.text.strip():
            raise Refused(_("A transcript cannot be empty. To take it out of the study, remove it."))
        if len(self.text) > LONGEST:
            raise Refused(_("This text is too long."))
        if self.text == self.old:
            raise Refused(_("The text is as it was."))

    @cached_property
    def map(self):
        return EditMap(self.old, self.text)

    @cached_property
    def _known(self):
        """A revision that had this very text: its turns and marks are the right ones."""
        revisions = TextRevision.objects.filter(transcript=self.transcript.pk)
        numbers = [number for number, text in revisions.values_list("number", "text") if text == self.text]
        return revisions.filter(number=numbers[-1]).first() if numbers else None

    @cached_property
    def way_back(self):
        """The edits between, taken back one by one, where the text is that of a revision before the last."""
        if not self._known or self._known.number >= self.revision - 1:
            return []
        between = TextRevision.objects.filter(
            transcript=self.transcript.pk, number__gte=self._known.number, number__lte=self.revision
        )
        texts = list(between.order_by("-number").values_list("text", flat=True))
        is_whole = len(texts) == self.revision - self._known.number + 1
        return [EditMap(later, earlier) for later, earlier in pairwise(texts)] if is_whole else []

    @cached_property
    def turns(self):
        if self._known:
            return self._known.turns
        if find_turns(self.old) == self.old_turns:
            return find_turns(self.text)
        return list(self._carried_turns())  # the file said who speaks: the text alone does not

    def _carried_turns(self):
        done = 0
        for turn in self.old_turns:
            start, said, end = (self.map.near(turn[name]) for name in ("start", "said", "end"))
            start = max(start, done)
            if start < end:
                yield {**turn, "start": start, "said": min(max(said, start), end), "end": end}
                done = end

    @cached_property
    def marks(self):
        if self._known:
            return self._known.marks
        moved = [
            {**mark, "start": self.map.point(mark["start"]), "end": self.map.point(mark["end"])}
            for mark in self.transcript.marks
        ]
        return [
            mark for mark in moved if None not in (mark["start"], mark["end"]) and mark["start"] < mark["end"]
        ]


class _Follower(NamedTuple):
    foresee: Callable
    carry: Callable


_followers = []


def follow(foresee, carry):
    """Have what is kept at places of texts go along with edits.

    ``foresee(edit)`` gives a Receipt and changes nothing. ``carry(edit)``, called when the new text is stored, in the
    same transaction, moves what there is; it returns images before and after, and the Receipt.
    """
    _followers.append(_Follower(foresee, carry))


def foresee(edit):
    """The receipt of an edit that is not made."""
    return _sum(follower.foresee(edit) for follower in _followers)


def _sum(receipts):
    total = Receipt()
    for receipt in receipts:
        total.kept += receipt.kept
        total.moved += receipt.moved
        total.eyes += receipt.eyes
    return total


@transaction.atomic
def save(transcript_id, text, actor, *, revision, reason="", action="edit-text", undoes=None, change=None):
    """Store a text as the transcript's new revision; one event. Returns the event and the Receipt.

    Raises Stale if ``revision``, which the edit began from, is not the present one, and Refused.
    """
    own_text(transcript_id)
    transcript = Transcript.objects.select_related("study").get(pk=transcript_id)
    if transcript.revision != revision:
        raise Stale
    before, after, receipt = make(Edit(transcript, text, undoes), actor, reason)
    event = history.record(
        transcript.study,
        actor,
        action,
        transcript,
        before=before,
        after=after,
        transcript=transcript,
        change=change,
        undoes=undoes,
    )
    return event, receipt


def make(edit, actor, reason):
    """Make an edit, for a caller who owns the text and records it: images before and after, and the Receipt."""
    before = history.images(edit.transcript)
    _store(edit, actor, reason)
    after = history.images(edit.transcript, *_new_speakers(edit))
    receipts = []
    for follower in _followers:
        old, new, receipt = follower.carry(edit)
        before |= old
        after |= new
        receipts.append(receipt)
    return before, after, _sum(receipts)


def _store(edit, actor, reason):
    transcript = edit.transcript
    turns, marks = edit.turns, edit.marks
    transcript.text, transcript.turns, transcript.marks = edit.text, turns, marks
    transcript.words = words_said(edit.text, turns)
    transcript.revision += 1
    transcript.save(update_fields=["text", "turns", "marks", "words", "revision"])
    TextRevision.objects.create(
        transcript=transcript,
        number=transcript.revision,
        text=edit.text,
        turns=turns,
        marks=marks,
        actor=actor,
        reason=reason[:300],
    )


def _new_speakers(edit):
    """Speakers made for labels that are new; those whose label is gone stay, for a text that has it again."""
    there = set(edit.transcript.speakers.values_list("label", flat=True))
    return [
        Speaker.objects.create(
            transcript=edit.transcript, label=label.name, is_interviewer=is_interviewer_label(label.name)
        )
        for label in labels_of(edit.text, edit.turns)
        if label.name not in there
    ]


def text_of(transcript_id, number):
    """The text of a revision, or None if it is not kept."""
    found = TextRevision.objects.filter(transcript=transcript_id, number=number)
    return found.values_list("text", flat=True).first()


def shown_text_of(transcript_id, number, may_see_names):
    """As ``text_of``, for showing: None too if it is sealed, and whoever asks may not see names."""
    found = TextRevision.objects.filter(transcript=transcript_id, number=number)
    if not may_see_names:
        found = found.filter(sealed_at=None)
    return found.values_list("text", flat=True).first()


def maps_since(transcript_id, revision):
    """The edits that lead from a revision to the present one, as EditMaps; None if one of the texts is not kept."""
    numbers = TextRevision.objects.filter(transcript=transcript_id, number__gte=revision).order_by("number")
    found = list(numbers.values_list("number", "text"))
    if [number for number, _text in found] != list(range(revision, revision + len(found))) or not found:
        return None
    return [EditMap(old, new) for (_n, old), (_m, new) in pairwise(found)]


def take_back(event, actor, change=None):
    """Undo an edit: its old text becomes the newest revision. Raises history.Conflict if it was edited since."""
    key = history.key_of(event.transcript)
    was, became = event.before[key]["revision"], event.after[key]["revision"]
    text = text_of(event.transcript_id, was)
    if text is None:
        raise history.Conflict(_("The text as it was is not kept, so it cannot be brought back."))
    try:
        undone, _receipt = save(
            event.transcript_id, text, actor, revision=became, action="undo", undoes=event, change=change
        )
    except Stale:
        raise history.Conflict(_("The text was edited again since, so this cannot be undone.")) from None
    return undone


# Who speaks which turn of a text that does not say so


class _Relabelled(NamedTuple):
    """The same words with other speakers, as ``_store`` takes it."""

    transcript: Transcript
    text: str
    turns: list
    marks: list


@transaction.atomic
def assign_turns(transcript_id, labels, actor, *, revision):
    """Say who speaks each turn, by a label or None for each: a revision of the same words. Returns the event, or None.

    Raises Stale if ``revision`` is not the present one.
    """
    own_text(transcript_id)
    transcript = Transcript.objects.select_related("study", "respondent").get(pk=transcript_id)
    if transcript.revision != revision or len(labels) != len(transcript.turns):
        raise Stale
    turns = [{**turn, "speaker": label} for turn, label in zip(transcript.turns, labels, strict=True)]
    return _relabel(transcript, turns, actor, "assign-turns") if turns != transcript.turns else None


def _relabel(transcript, turns, actor, action, **more):
    old_turns, before = transcript.turns, history.images(transcript)
    edit = _Relabelled(transcript, transcript.text, turns, transcript.marks)
    _store(edit, actor, _("Who speaks"))
    made = _new_speakers(edit)
    mapping = _settled(transcript, [speaker.label for speaker in made], old_turns, turns)
    old, after = reassign(transcript, mapping)
    before = {key: held for key, held in old.items() if key not in history.images(*made)} | before
    return history.record(
        transcript.study, actor, action, transcript, before=before, after=after, transcript=transcript, **more
    )


def _settled(transcript, labels, old_turns, turns):
    """Who speaks under new labels: what is certain of them, and of a label that was only renamed who spoke under it."""
    known = respondents_by_name(transcript.study)
    own = transcript.respondent
    people = {person.pk: person for person in known.values()} | {"respondent": own, INTERVIEWER: INTERVIEWER}
    every = list(dict.fromkeys(turn["speaker"] for turn in turns if turn["speaker"]))
    found = settle(every, known, own.pseudonym if own else "")
    mapping = {label: people[found[label]] for label in labels if label in found}
    had = {speaker.label: speaker for speaker in transcript.speakers.select_related("respondent")}
    for label in labels:
        was = {a["speaker"] for a, b in zip(old_turns, turns, strict=True) if b["speaker"] == label}
        if label not in mapping and len(was) == 1 and (old := had.get(was.pop())):
            mapping[label] = INTERVIEWER if old.is_interviewer else old.respondent
    return mapping


def _take_turns_back(event, actor, change=None):
    own_text(event.transcript_id)
    transcript = Transcript.objects.select_related("study", "respondent").get(pk=event.transcript_id)
    key = history.key_of(transcript)
    was, became = event.before[key]["revision"], event.after[key]["revision"]
    if transcript.revision != became:
        raise history.Conflict(_("The text was edited again since, so this cannot be undone."))
    kept = TextRevision.objects.filter(transcript=transcript, number=was).first()
    if kept is None:
        raise history.Conflict(_("The text as it was is not kept, so it cannot be brought back."))
    return _relabel(transcript, kept.turns, actor, "undo", undoes=event, change=change)


history.undoers["assign-turns"] = _take_turns_back
history.undoable["assign-turns"] = "manage_material"
history.undoers["edit-text"] = take_back
history.undoable["edit-text"] = "manage_material"
