"""Who speaks: labels and respondents, and all that is derived from them, brought up to date in one place."""

from django.db import transaction

from . import history
from .locks import own_text
from .models import Speaker, Transcript

INTERVIEWER = "interviewer"
KEEP = object()

_followers = []


def follow(refresh):
    """Have ``refresh(transcript) -> (images before, images after)`` called whenever its speakers are mapped anew."""
    _followers.append(refresh)


@transaction.atomic
def assign(transcript, mapping, actor, *, respondent=KEEP):
    """Say who speaks under which label, and whose words the unclaimed turns are; one event, or None.

    ``mapping`` is ``{label: Respondent | INTERVIEWER | None}`` and may leave labels out. Raises ValueError for a
    label the transcript does not have or a respondent of another study.
    """
    before, after = reassign(transcript, mapping, respondent=respondent)
    return history.record(
        transcript.study, actor, "map-speakers", transcript, before=before, after=after, transcript=transcript
    )


def reassign(transcript, mapping, respondent=KEEP):
    """As assign, for a caller who records a larger change: images before and after, to be recorded with it."""
    own_text(transcript.pk)  # nobody codes meanwhile by who speaks now
    transcript = Transcript.objects.select_for_update(of=("self",)).get(pk=transcript.pk)
    speakers = {speaker.label: speaker for speaker in transcript.speakers.all()}
    before = history.images(transcript, *speakers.values())
    for label, who in mapping.items():
        if label not in speakers:
            raise ValueError(f"Transcript {transcript.pk} has no such label.")
        _set(speakers[label], who, transcript.study_id)
    if respondent is not KEEP:
        _check(respondent, transcript.study_id)
        transcript.respondent = respondent
        transcript.save(update_fields=["respondent"])
    after = history.images(transcript, *speakers.values())
    for refresh in _followers:
        old, new = refresh(transcript)
        before |= old
        after |= new
    return before, after


def _set(speaker, who, study_id):
    speaker.is_interviewer = who == INTERVIEWER
    speaker.respondent = None if who == INTERVIEWER else who
    _check(speaker.respondent, study_id)
    speaker.save(update_fields=["is_interviewer", "respondent"])


def _check(respondent, study_id):
    if respondent is not None and respondent.study_id != study_id:
        raise ValueError(f"Respondent {respondent.pk} is not of study {study_id}.")


def respondents_of(transcript):
    """The respondents who speak in a transcript, in order of their labels; the main one first."""
    found = [transcript.respondent] if transcript.respondent else []
    found += [
        speaker.respondent
        for speaker in transcript.speakers.select_related("respondent")
        if speaker.respondent
    ]
    return list(dict.fromkeys(found))


def _derive_again(images):
    """After an undo that touches who speaks: whose words segments are, as ``reassign`` says it."""
    speakers = [key.split(":")[1] for key in images if key.startswith("speaker:")]
    transcripts = {
        key.split(":")[1]
        for key in images
        if key.startswith("transcript:") and "respondent_id" in images[key]
    }
    transcripts |= set(Speaker.objects.filter(pk__in=speakers).values_list("transcript_id", flat=True))
    before, after = {}, {}
    for transcript in Transcript.objects.filter(pk__in=transcripts):
        own_text(transcript.pk)
        for refresh in _followers:
            old, new = refresh(transcript)
            before |= old
            after |= new
    return before, after


history.derivers.append(_derive_again)
history.undoable["map-speakers"] = "manage_material"
