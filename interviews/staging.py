"""Files on their way into a study: read, kept in an ``Upload``, checked by who brought them, imported.

``Upload.speakers`` holds what is settled about a file's labels: ``{label: "interviewer" | "respondent" | respondent id
| {"new": name}}``, where "respondent" is the file's own; a label that is left out is still to be checked. Under the
empty label, which no text has, stands the file's respondent while that is a new one.
"""

import hashlib
import re
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from . import importers
from .material import (
    OWN,
    Refused,
    already_here,
    clean_filename,
    importing,
    labels_of,
    lock,
    name_from_label,
    respondents_by_name,
    settle,
    stem,
    title_from_filename,
    too_large,
    twin_of,
    words_said,
)
from .models import Speaker, Upload
from .speakers import INTERVIEWER
from .turns import is_answerer_label, is_interviewer_label, lang_of

NAME = ""
_NO_NAMES = {"interview", "transcript", "recording", "notes", "final", "访谈", "录音", "转录"}
_LONGEST_NAME = 40  # a longer guess is a sentence, not a name
_DATE = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})[-./_年]([01]?[0-9])[-./_月]([0-3]?[0-9])(?![0-9])")
_HEAD = 2_000  # characters of a text in which its head lines are


def guess_name(filename, labels):
    """The pseudonym of a file's respondent, from a label that its name repeats, its only label, or its name.

    None for a group, in which no label is the file's own, and where nothing looks like a name.
    """
    in_name = {word.casefold() for word in re.split(r"[\W_]+", stem(filename))}
    others = [label for label in labels if not is_interviewer_label(label)]
    named = [label for label in others if label.casefold() in in_name]
    if named or (len(others) == 1 and not is_answerer_label(others[0])):
        return name_from_label((named or others)[0])
    if len(others) > 1:
        return None
    title = title_from_filename(filename)
    number, _space, name = title.partition(" ")
    numbered = any(c.isdigit() for c in number) and name.isalpha() and name.casefold() not in _NO_NAMES
    found = name if numbered else title
    return found if len(found) <= _LONGEST_NAME else None


def guess_type(study, filename):
    """The type whose key begins with the letters that the file's name begins with: RET03 is a returnee."""
    prefix = re.match(r"[^\W\d_]*", filename)[0].casefold()
    found = [kind for kind in study.respondent_types.all() if len(prefix) > 2 and kind.key.startswith(prefix)]
    return found[0] if len(found) == 1 else None


def guess_date(filename, head):
    """The one date that a file's name and head lines name, or None."""
    found = set()
    for year, month, day in _DATE.findall(f"{filename}\n{head[:_HEAD]}"):
        try:
            found.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found.pop() if len(found) == 1 else None


class Heard(NamedTuple):
    """Who speaks under a label elsewhere, as in ``Upload.speakers``, and in which file or transcript."""

    who: object
    where: str


def heard_elsewhere(study, user):
    """``{casefolded label: {upload id or None: Heard}}`` from the study's transcripts and a person's staged files.

    Labels such as "R" are somebody else in each, and are left out.
    """
    found = {}
    mapped = Speaker.objects.filter(transcript__study=study, transcript__removed_at=None).order_by("pk")
    for label, person, asks, title in mapped.values_list(
        "label", "respondent_id", "is_interviewer", "transcript__title"
    ):
        if asks or (person and not is_answerer_label(label)):
            found.setdefault(label.casefold(), {})[None] = Heard(INTERVIEWER if asks else person, title)
    for upload in (
        Upload.objects.filter(study=study, user=user)
        .select_related("respondent")
        .defer("text", "turns", "marks", "warnings", "comments")
    ):
        for label, who in upload.speakers.items():
            if who == OWN:
                who = upload.respondent_id or upload.speakers.get(NAME)
            if label and who and (who == INTERVIEWER or not is_answerer_label(label)):
                found.setdefault(label.casefold(), {})[upload.pk] = Heard(who, upload.filename)
    return found


def heard_for(upload, label, heard):
    """What other files say of a label, where they agree; or None."""
    others = [said for pk, said in heard.get(label.casefold(), {}).items() if pk != upload.pk]
    return others[0] if others and all(said.who == others[0].who for said in others) else None


def suggest(label, own_name):
    """Who an uncertain label may be: the file's respondent under another name, or somebody new."""
    return OWN if own_name else {"new": name_from_label(label)}


# Staging


def stage(study, user, filename, data, size=None):
    """Read a file and keep it for its person to check; every failure is a sentence in ``problem``.

    ``size`` is the file's, where ``data`` was not kept because it is too large.
    """
    upload = Upload(study=study, user=user, filename=clean_filename(filename), size=size or len(data))
    upload.sha256 = hashlib.sha256(data).hexdigest() if data else ""
    is_too_large = upload.size > settings.MAX_UPLOAD_BYTES
    upload.problem = too_large(upload.size) if is_too_large else _duplicate(upload)
    if not upload.problem:
        read(upload, data)
    with transaction.atomic():
        lock(study)
        if not upload.problem:
            upload.problem = _duplicate(upload)  # its twin may have come meanwhile
        if data and not is_too_large:
            upload.file.save(upload.filename, ContentFile(data), save=False)
        upload.save()
    return upload


def _duplicate(upload):
    """A sentence about the same file in the study, or in the person's list; else empty."""
    if not upload.sha256:
        return ""
    if twin := twin_of(upload.study, upload.sha256):
        return already_here(twin)
    same = Upload.objects.filter(study=upload.study, user=upload.user, sha256=upload.sha256, problem="")
    staged = same.exclude(pk=upload.pk).first()
    if staged:
        return _("This is the same file as %(name)s in this list. Leave one of them out.") % {
            "name": staged.filename
        }
    return ""


def retry(upload):
    """Read a file anew that could not be read, or was in the study already."""
    upload.problem = _duplicate(upload)
    if not upload.problem:
        read(upload, contents(upload))
    upload.save()


def contents(upload):
    with upload.file.open("rb") as file:
        return file.read()


def read(upload, data, encoding=None, columns=None):
    """Fill an upload from its bytes: text and suggestions, or a problem, or what has to be chosen first."""
    upload.problem = ""
    try:
        imported = importers.read_file(upload.filename, data, encoding=encoding, columns=columns)
    except importers.NeedsEncoding as doubt:
        upload.encodings = [list(candidate) for candidate in doubt.candidates]
        return
    except importers.NeedsColumns as doubt:
        upload.encodings, upload.encoding, upload.format = [], doubt.encoding, doubt.format
        upload.table, upload.text, upload.turns = doubt.table, "", []
        return
    except importers.Unreadable as error:
        upload.problem = str(error)
        return
    upload.encodings, upload.encoding, upload.format = [], imported.encoding, imported.format
    upload.table = imported.table or {}
    upload.text, upload.turns, upload.marks = imported.text, imported.turns, imported.marks
    upload.warnings = [str(warning) for warning in imported.warnings]
    upload.comments = imported.comments
    upload.words = words_said(imported.text, imported.turns)
    upload.language = lang_of(imported.text)
    head = imported.text[: imported.turns[0]["start"]] if imported.turns else ""
    head = head or imported.text.lstrip().partition("\n")[0]
    upload.interview_date = guess_date(upload.filename, head)
    _suggest_people(upload)


def read_columns(upload, columns):
    """Read a staged table by columns that its person chose."""
    read(upload, contents(upload), upload.encoding or None, columns)
    upload.save()


def _suggest_people(upload):
    known = respondents_by_name(upload.study)
    names = [label.name for label in labels_of(upload.text, upload.turns)]
    own_name = guess_name(upload.filename, names)
    upload.respondent = known.get(own_name.casefold()) if own_name else None
    upload.respondent_type = guess_type(upload.study, upload.filename)
    upload.speakers, upload.drafts = settle(names, known, own_name), {}
    if own_name and not upload.respondent:
        upload.speakers[NAME] = {"new": own_name}


def has_labels(text):
    """Whether a text (of an upload or a transcript) itself says who speaks, anywhere."""
    return any(turn["speaker"] and turn["said"] > turn["start"] for turn in text.turns)


def assign_turns(upload, labels):
    """Say who speaks each turn of a text without labels: a label or None for each, in order."""
    for turn, label in zip(upload.turns, labels, strict=True):
        turn["speaker"] = label
    names = [label.name for label in labels_of(upload.text, upload.turns)]
    own = upload.speakers.get(NAME)
    upload.speakers = settle(names, respondents_by_name(upload.study), own_name(upload))
    if own:
        upload.speakers[NAME] = own
    upload.drafts = {}
    upload.save(update_fields=["turns", "speakers", "drafts"])


def own_name(upload):
    """The pseudonym of a staged file's respondent, existing or new; empty if not said."""
    return upload.respondent.pseudonym if upload.respondent else upload.speakers.get(NAME, {}).get("new", "")


def unsettled(upload):
    """The labels that are still to be checked."""
    labels = dict.fromkeys(turn["speaker"] for turn in upload.turns if turn["speaker"])
    return [label for label in labels if label not in upload.speakers]


def state(upload):
    """``unreadable``, ``encoding`` or ``columns`` (to be chosen), ``check`` (who speaks) or ``ready``."""
    if upload.problem:
        return "unreadable"
    if upload.encodings:
        return "encoding"
    if upload.table and not upload.turns:
        return "columns"
    return "check" if unsettled(upload) else "ready"


def leave_out(upload):
    """Forget a staged file; a copy of it in the list takes its place."""
    with transaction.atomic():
        _forget_file(upload)
        upload.delete()
    copies = [] if upload.problem else list(_copies(upload).filter(user=upload.user))
    if copies and copies[0].file:
        retry(copies[0])
        _say_again(copies[1:])


@transaction.atomic
def leave_all_out(study, user):
    """Forget all files that a person has staged in a study."""
    uploads = Upload.objects.filter(study=study, user=user)
    for upload in uploads.only("file"):
        _forget_file(upload)
    uploads.delete()


def _copies(upload):
    """Staged files of the same bytes that cannot be imported."""
    same = Upload.objects.filter(study=upload.study, sha256=upload.sha256)
    return same.exclude(problem="").exclude(sha256="")


def _say_again(copies):
    for copy in copies:
        copy.problem = _duplicate(copy)
        copy.save(update_fields=["problem"])


def _forget_file(upload):
    if upload.file:
        storage, name = upload.file.storage, upload.file.name
        transaction.on_commit(lambda: storage.delete(name))


def commit_all(uploads, actor):
    """Import staged files that are ready, all in one transaction: the transcripts. A refused one stops no other.

    What is refused stays in the list, with the reason.
    """
    made = []
    done = False
    try:
        with transaction.atomic():
            for upload in uploads:
                try:
                    made.append(commit(upload, actor))
                except Refused as error:
                    Upload.objects.filter(pk=upload.pk).update(problem=str(error))
        done = True
    finally:
        if not done:
            for transcript in made:
                transcript.original.storage.delete(transcript.original.name)
    return made


def commit(upload, actor):
    """Import a staged file that is ready; it leaves the list. Raises Refused, and then nothing is changed."""
    imported = importers.ImportedText(
        upload.text, upload.turns, upload.marks, upload.warnings, upload.encoding, upload.comments
    )
    with importing(upload.study, actor, imported, upload.filename, contents(upload)) as job:
        if not Upload.objects.filter(pk=upload.pk).delete()[0]:
            raise Refused(_("This file has been imported or left out meanwhile."))
        _forget_file(upload)
        job.transcript.language = upload.language
        job.transcript.interview_date = upload.interview_date
        own = job.own(upload.respondent, own_name(upload), upload.respondent_type)
        mapping = {label: job.person(who, own) for label, who in upload.speakers.items() if label != NAME}
        transcript = job.write(mapping, own)
        _say_again(_copies(upload))
        return transcript
