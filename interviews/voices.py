"""In which transcripts a respondent speaks, and under which label: seen and changed from the respondent."""

from itertools import groupby
from typing import NamedTuple

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from . import history
from .models import Respondent, Speaker, Transcript
from .speakers import reassign


class Refused(Exception):
    """Why a respondent cannot be linked so, for the person who wants to."""


class Voice(NamedTuple):
    """A label that is no interviewer's, or all that is said in a transcript without such labels (``speaker`` None).

    ``owner`` is the respondent whose words these are now, or None.
    """

    transcript: Transcript
    speaker: Speaker | None
    owner: Respondent | None

    @property
    def key(self):
        return f"{self.transcript.pk}.{self.speaker.pk if self.speaker else ''}"

    @property
    def label(self):
        return self.speaker.label if self.speaker else None


def voices(study):
    """The Voices of a study, by transcript."""
    speakers = Prefetch("speakers", Speaker.objects.select_related("respondent"))
    transcripts = study.transcripts.kept().without_text()
    edited = study.transcripts.filter(revision__gt=1).order_by()  # they may have lost labels
    heard = {pk: {turn["speaker"] for turn in turns} for pk, turns in edited.values_list("pk", "turns")}
    for transcript in transcripts.select_related("respondent").prefetch_related(speakers):
        labelled = [
            speaker
            for speaker in transcript.speakers.all()
            if not speaker.is_interviewer and speaker.label in heard.get(transcript.pk, {speaker.label})
        ]
        for speaker in labelled:
            yield Voice(transcript, speaker, speaker.respondent or transcript.respondent)
        if not labelled:
            yield Voice(transcript, None, transcript.respondent)


@transaction.atomic
def link(person, linked, unlinked, actor):
    """Give a respondent some voices and take others away, named by their keys, as one event (or None).

    Returns the event, and the ids of all respondents whose words these were or are. Raises Refused.
    """
    study, known = person.study, {voice.key: voice for voice in voices(person.study)}
    if not (linked | unlinked) <= known.keys():
        raise Refused(_("Somebody has changed these transcripts meanwhile. Open the cell again."))
    before, after, touched, people = {}, {}, [], {person.pk}
    in_order = sorted(
        known.values(), key=lambda voice: voice.transcript.pk
    )  # the order in which texts are owned
    for transcript, its in groupby(in_order, key=lambda voice: voice.transcript):
        owners = {voice: _owner(voice, person, linked, unlinked) for voice in its}
        if all(voice.owner == owner for voice, owner in owners.items()):
            continue
        people |= {who.pk for voice, owner in owners.items() for who in (voice.owner, owner) if who}
        old, new = reassign(transcript, *_mapping(transcript, owners))
        before, after = old | before, after | new
        touched.append(transcript)
    event = history.record(
        study,
        actor,
        "link-respondent",
        person,
        before=before,
        after=after,
        transcript=touched[0] if len(touched) == 1 else None,
    )
    return event, people


def _owner(voice, person, linked, unlinked):
    if voice.key in linked:
        return person
    return None if voice.key in unlinked and voice.owner == person else voice.owner


def _mapping(transcript, owners):
    """``(mapping, respondent)`` for speakers.reassign: the transcript's own respondent stays where that is still so."""
    own, after = transcript.respondent, set(owners.values())
    is_left = any(voice.owner == own and owner is None for voice, owner in owners.items())
    if is_left or own not in after:
        own = next(iter(after)) if len(after) == 1 else None
    return {voice.label: owner for voice, owner in owners.items() if voice.speaker}, own


history.undoable["link-respondent"] = "manage_material"
