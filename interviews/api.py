"""The API of this app: studies, and transcripts in and out."""

import hashlib
import json
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from . import material, restricted
from .access import reach
from .importers import Unreadable
from .models import Study, Transcript

router = Router(tags=["material"])


class StudyOut(Schema):
    slug: str
    name: str
    role: str


class Problem(Schema):
    detail: str


class ImportedOut(Schema):
    """``turns`` counts them; ``speakers`` are the labels, in the order in which they speak."""

    id: int
    title: str
    words: int
    turns: int
    speakers: list[str]
    warnings: list[str]


class SpeakerOut(Schema):
    label: str
    respondent: int | None
    pseudonym: str | None
    is_interviewer: bool


class TranscriptOut(Schema):
    """Positions count code points from 0, the end excluded; ``at`` counts milliseconds.

    ``restricted`` are ranges that are withheld, for everybody: the text has as many placeholders there.
    """

    id: int
    title: str
    study: str
    revision: int
    language: str
    words: int
    respondent: int | None
    interview_date: date | None
    text: str
    turns: list[dict[str, Any]]
    marks: list[dict[str, Any]]
    speakers: list[SpeakerOut]
    restricted: list[tuple[int, int]]


@router.get("/studies/", response=list[StudyOut], summary="The studies you are a member of")
def list_studies(request):
    rows = Study.objects.visible_to(request.user).order_by("name", "pk")
    return [{"slug": study.slug, "name": study.name, "role": study.my_role} for study in rows]


@router.post(
    "/studies/{slug}/transcripts/",
    response={201: ImportedOut, 422: Problem},
    summary="Import a transcript",
)
def import_transcript(
    request,
    slug: str,
    file: UploadedFile = File(...),  # noqa: B008
    respondent: str = Form("", max_length=200),
    respondent_type: str = Form("", max_length=100),
):
    """Import one file. ``respondent``: a pseudonym, ``respondent_type``: name or key; new ones are made."""
    study = reach(Study.objects, request.user, "manage_material", slug=slug)
    try:
        if file.size > settings.MAX_UPLOAD_BYTES:
            raise material.Refused(material.too_large(file.size))
        transcript = material.import_transcript(
            study,
            request.user,
            file.name,
            file.read(),
            respondent=respondent.strip(),
            respondent_type=respondent_type.strip(),
        )
    except (Unreadable, material.Refused) as error:
        return Status(422, {"detail": str(error)})
    imported = {
        "id": transcript.pk,
        "title": transcript.title,
        "words": transcript.words,
        "turns": len(transcript.turns),
        "speakers": [label.name for label in material.labels_of(transcript.text, transcript.turns)],
        "warnings": transcript.warnings,
    }
    return Status(201, imported)


@router.get("/transcripts/{transcript_id}/", response=TranscriptOut, summary="A transcript's text")
def read_transcript(request, response: HttpResponse, transcript_id: int):
    """The text with its turns, marks and speakers. Answers 304 to an ``If-None-Match`` that still holds."""
    transcripts = Transcript.objects.kept().without_text().select_related("study")
    transcript = reach(transcripts, request.user, "read", pk=transcript_id)
    speakers = [_speaker(row) for row in transcript.speakers.select_related("respondent")]
    hidden = restricted.hidden_in_exports(transcript)
    withheld = hidden.ranges.get(transcript.pk, [])
    etag = _etag(transcript, [*speakers, withheld])
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    transcript.refresh_from_db(fields=["text", "turns", "marks", "revision"])
    response["ETag"] = _etag(transcript, [*speakers, withheld])
    return {
        "id": transcript.pk,
        "title": transcript.title,
        "study": transcript.study.slug,
        "revision": transcript.revision,
        "language": transcript.language,
        "words": transcript.words,
        "respondent": transcript.respondent_id,
        "interview_date": transcript.interview_date,
        "text": hidden.whole(transcript),
        "turns": transcript.turns,
        "marks": transcript.marks,
        "speakers": speakers,
        "restricted": withheld,
    }


def _speaker(row):
    return {
        "label": row.label,
        "respondent": row.respondent_id,
        "pseudonym": row.respondent.pseudonym if row.respondent else None,
        "is_interviewer": row.is_interviewer,
    }


def _etag(transcript, speakers):
    """Changes with the text's revision and with all else that the answer holds."""
    held = [
        transcript.pk,
        transcript.revision,
        transcript.title,
        transcript.language,
        transcript.respondent_id,
        str(transcript.interview_date),
        speakers,
    ]
    return quote_etag(hashlib.sha256(json.dumps(held).encode()).hexdigest()[:32])
