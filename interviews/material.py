"""Transcripts into a study, and out of it: importing, describing, removing, restoring."""

import hashlib
import unicodedata
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import NamedTuple

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from . import history, importers
from .models import Respondent, RespondentType, Speaker, Study, TextRevision, Transcript, key_for
from .speakers import INTERVIEWER
from .turns import count_words, is_interviewer_label, lang_of

OWN = "respondent"
_BIDI = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FIRST_WORDS = 160


class Refused(Exception):
    """A file or an act that cannot be; ``str()`` gives the sentence that says why and what to do."""


class Label(NamedTuple):
    """A speaker label of a text: how many turns bear it, and what the first of them says."""

    name: str
    turns: int
    words: str
    lang: str


def clean_filename(name):
    """A file's name for showing: no folders, control characters or direction marks, at most 255 long."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = "".join(c for c in name if unicodedata.category(c) not in ("Cc", "Cs") and c not in _BIDI).strip()
    if len(name) > 255:
        suffix = PurePosixPath(name).suffix[:20]
        name = name[: 255 - len(suffix)] + suffix
    return name or _("unnamed")


def stem(filename):
    """A file's name without its last extension, which differs between copies of one interview."""
    return PurePosixPath(filename).stem if filename.strip(".") else filename


def title_from_filename(filename):
    """``RET03_junfeng.txt`` is titled "RET03 Junfeng"."""
    words = stem(filename).replace("_", " ").split()
    return " ".join(word[:1].upper() + word[1:] if word.islower() else word for word in words) or filename


def words_said(text, turns):
    """The words of an interview: those of its turns, labels and header aside."""
    return sum(count_words(text[turn["said"] : turn["end"]]) for turn in turns)


def labels_of(text, turns):
    """The labels of a text, in the order in which they first speak."""
    found = {}
    for turn in turns:
        if turn["speaker"]:
            found.setdefault(turn["speaker"], []).append(turn)
    return [_label(name, its_turns, text) for name, its_turns in found.items()]


def _label(name, turns, text):
    first = turns[0]
    words = " ".join(text[first["said"] : first["end"]].split())[:_FIRST_WORDS]
    return Label(name, len(turns), words, lang_of(words))


def name_from_label(label):
    """``LI MING`` is written Li Ming."""
    return label.title() if label.isupper() else label


def respondents_by_name(study):
    """The study's respondents by casefolded pseudonym."""
    people = study.respondents.kept().select_related("respondent_type")
    return {person.pseudonym.casefold(): person for person in people}


def settle(labels, known, own_name):
    """What is certain about labels: ``{label: INTERVIEWER | OWN | respondent id}``, uncertain ones left out.

    ``known`` are respondents by casefolded pseudonym, ``own_name`` is the pseudonym of the file's respondent.
    """
    found = {}
    others = [label for label in labels if not is_interviewer_label(label)]
    for label in labels:
        if label not in others:
            found[label] = INTERVIEWER
        elif own_name and (label.casefold() == own_name.casefold() or len(others) == 1):
            found[label] = OWN
        elif label.casefold() in known:
            found[label] = known[label.casefold()].pk
    return found


def lock(study):
    """Let imports into a study take turns, so that no file and no new respondent comes in twice."""
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)


def too_large(size):
    return _("This file has %(size)s; the limit is %(limit)s. Take pictures out of it or split it.") % {
        "size": filesizeformat(size),
        "limit": filesizeformat(settings.MAX_UPLOAD_BYTES),
    }


def twin_of(study, sha256):
    """The study's transcript of the same file, or None."""
    return study.transcripts.kept().without_text().filter(sha256=sha256).first()


def already_here(transcript):
    return _("This file is in the study already, as “%(title)s”. Leave it out.") % {"title": transcript.title}


_followers = []


def follow(keep_comments):
    """Have ``keep_comments(transcript, comments, actor)`` called with what stood in the margins of an imported file.

    ``comments`` are importers.base.Comment; it keeps them, and returns images of what it made.
    """
    _followers.append(keep_comments)


# Importing


def import_transcript(study, actor, filename, data, *, encoding=None, respondent="", respondent_type=""):
    """Read a file and import it at once, for scripts: a Transcript. Labels that are certain are mapped.

    ``respondent`` is the pseudonym of who is interviewed, ``respondent_type`` a type's name or key; either is
    made if the study has none such. Raises importers.Unreadable or Refused, and then nothing is changed.
    """
    filename = clean_filename(filename)
    if twin := twin_of(study, hashlib.sha256(data).hexdigest()):
        raise Refused(already_here(twin))
    imported = importers.read_file(filename, data, encoding=encoding)
    with importing(study, actor, imported, filename, data) as job:
        kind = job.type_named(respondent_type) if respondent_type else None
        own = job.own(None, respondent, kind)
        names = [label.name for label in labels_of(imported.text, imported.turns)]
        settled = settle(names, job.known, own.pseudonym if own else "")
        mapping = {label: job.person(who, own) for label, who in settled.items()}
        return job.write(mapping, own)


@contextmanager
def importing(study, actor, imported, filename, data):
    """A transaction around an _Import; the file is kept before it begins, and taken away if it fails."""
    transcript = _transcript(study, actor, imported, filename, hashlib.sha256(data).hexdigest())
    transcript.original.save(filename, ContentFile(data), save=False)
    done = False
    try:
        with transaction.atomic():
            lock(study)
            if twin := twin_of(study, transcript.sha256):
                raise Refused(already_here(twin))
            yield _Import(transcript, actor, imported.comments)
        done = True
    finally:
        if not done:
            transcript.original.storage.delete(transcript.original.name)


def _transcript(study, actor, imported, filename, sha256):
    return Transcript(
        study=study,
        title=title_from_filename(filename)[:255],
        filename=filename,
        sha256=sha256,
        text=imported.text,
        turns=imported.turns,
        marks=imported.marks,
        warnings=[str(warning) for warning in imported.warnings],
        words=words_said(imported.text, imported.turns),
        language=lang_of(imported.text),
        created_by=actor,
    )


class _Import:
    """One import under way: what it makes is collected, to be recorded as one event."""

    def __init__(self, transcript, actor, comments):
        self.transcript, self.study, self.actor = transcript, transcript.study, actor
        self.comments = comments
        self.before, self.made = {}, []
        self.known = respondents_by_name(self.study)

    def own(self, respondent, name, kind):
        """The file's respondent: as given, by name, or made; of this type, if none is known."""
        person = respondent or (self.named(name, kind) if name else None)
        if person and kind and person.respondent_type_id is None:
            self.before |= history.images(person)
            person.respondent_type = kind
            person.save(update_fields=["respondent_type"])
            self.made.append(person)
        return person

    def named(self, name, kind=None):
        person = self.known.get(name.casefold())
        if person is None:
            person = Respondent.objects.create(study=self.study, pseudonym=name[:200], respondent_type=kind)
            self.known[name.casefold()] = person
            self.made.append(person)
        return person

    def person(self, who, own):
        """A settled value of ``Upload.speakers`` as speakers.assign has it."""
        if who == INTERVIEWER:
            return INTERVIEWER
        if who == OWN:
            return own
        if isinstance(who, dict):
            return self.named(who["new"])
        return next((person for person in self.known.values() if person.pk == who), None)

    def type_named(self, name):
        """A type by name or key, made if there is none."""
        kind = self.study.respondent_types.filter(key=key_for(name)).first()
        if kind is None:
            kind = RespondentType.objects.create(
                study=self.study, name=type_name(name), order=self.study.respondent_types.count()
            )
            self.made.append(kind)
        return kind

    def write(self, mapping, own):
        transcript = self.transcript
        transcript.respondent = own
        transcript.save()
        TextRevision.objects.create(
            transcript=transcript,
            number=1,
            text=transcript.text,
            turns=transcript.turns,
            marks=transcript.marks,
            actor=self.actor,
        )
        names = [label.name for label in labels_of(transcript.text, transcript.turns)]
        self.made += [transcript, *(_speaker(transcript, name, mapping.get(name)) for name in names)]
        after = history.images(*self.made)
        for keep_comments in _followers:
            after |= keep_comments(transcript, self.comments, self.actor) if self.comments else {}
        history.record(
            self.study,
            self.actor,
            "import-transcript",
            transcript,
            before=self.before,
            after=after,
            transcript=transcript,
        )
        return transcript


def _speaker(transcript, label, who):
    return Speaker.objects.create(
        transcript=transcript,
        label=label,
        is_interviewer=who == INTERVIEWER,
        respondent=None if who == INTERVIEWER else who,
    )


def type_name(name):
    """``institutional_actor``, as files call it, is named "Institutional actor"."""
    words = " ".join(str(name).replace("_", " ").split())
    return (words[:1].upper() + words[1:] if words.islower() else words)[:100]


# After import


@transaction.atomic
def describe(transcript, actor, **fields):
    """Change a transcript's title, interview date or language."""
    before = history.images(transcript)
    for name, value in fields.items():
        setattr(transcript, name, value)
    transcript.save(update_fields=list(fields))
    return history.record(
        transcript.study,
        actor,
        "edit-transcript",
        transcript,
        before=before,
        after=history.images(transcript),
        transcript=transcript,
    )


def remove(transcript, actor):
    """Put a transcript into the trash: it and its codings are kept but count nowhere."""
    return _put(transcript, actor, "remove-transcript", timezone.now())


def restore(transcript, actor, action="restore-transcript", **more):
    """Take a removed transcript back. Raises Refused if its file has been imported again since."""
    twin = twin_of(transcript.study, transcript.sha256) if transcript.sha256 else None
    if twin and twin.pk != transcript.pk:
        raise Refused(
            _("The same file is in the study again, as “%(title)s”. Remove that one first.")
            % {"title": twin.title}
        )
    return _put(transcript, actor, action, None, **more)


def take_back(event, actor, change=None):
    """Undo an import: the transcript goes into the trash. Undoing that takes it out again. Raises history.Conflict."""
    transcript = event.transcript
    removed_at = None if event.after[history.key_of(transcript)]["removed_at"] else timezone.now()
    if (transcript.removed_at is None) == (removed_at is None):
        raise history.Conflict(
            _("“%(title)s” is in the trash already.") % {"title": transcript.title}
            if removed_at
            else _("“%(title)s” has been taken out of the trash already.") % {"title": transcript.title}
        )
    if removed_at:
        return _put(transcript, actor, "undo", removed_at, change=change, undoes=event)
    try:
        return restore(transcript, actor, "undo", change=change, undoes=event)
    except Refused as refusal:
        raise history.Conflict(str(refusal)) from None


@transaction.atomic
def _put(transcript, actor, action, removed_at, **more):
    before = history.images(transcript)
    if (transcript.removed_at is None) == (removed_at is None):
        return None
    transcript.removed_at = removed_at
    transcript.save(update_fields=["removed_at"])
    return history.record(
        transcript.study,
        actor,
        action,
        transcript,
        before=before,
        after=history.images(transcript),
        transcript=transcript,
        **more,
    )


for _action in ("import-transcript", "edit-transcript", "remove-transcript", "restore-transcript"):
    history.undoable[_action] = "manage_material"
history.undoers["import-transcript"] = take_back
