"""What the workspace asks of the server: the codings of a transcript, and changes to them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Value
from django.db.models.functions import Coalesce
from django.http import JsonResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.errors import HttpError
from pydantic import Field

from coding import changes, live
from coding.catalogue import code_tree
from coding.models import Code
from interviews.access import reach
from interviews.models import Event, TextRevision, Transcript

router = Router(tags=["codings"])

Position = Annotated[int, Field(ge=0, le=2_000_000_000)]
Key = Annotated[int, Field(ge=0, lt=2**63)]


class Apply(Schema):
    id: UUID
    do: Literal["apply"]
    start: Position
    end: Position
    code: Key


class Withdraw(Schema):
    id: UUID
    do: Literal["withdraw"]
    target: UUID


class Resize(Schema):
    id: UUID
    do: Literal["resize"]
    target: UUID
    start: Position
    end: Position


class Recode(Schema):
    id: UUID
    do: Literal["recode"]
    target: UUID
    code: int


class Split(Schema):
    """In two: the first part up to ``end``, the other, which gets the change's id, from ``start``."""

    id: UUID
    do: Literal["split"]
    target: UUID
    end: Position
    start: Position


class Merge(Schema):
    """Into ``target``, which then reaches over both; ``other`` goes."""

    id: UUID
    do: Literal["merge"]
    target: UUID
    other: UUID


class Undo(Schema):
    id: UUID
    do: Literal["undo"]
    target: UUID


Change = Apply | Withdraw | Resize | Recode | Split | Merge | Undo


class Changes(Schema):
    """``coder`` is whose changes these are, where a browser may have changed hands since they were made."""

    revision: int
    coder: int | None = None
    changes: Annotated[list[Annotated[Change, Field(discriminator="do")]], Field(max_length=1000)]


class Result(Schema):
    """``why`` is the kind of a refusal, ``near`` about where words that were edited meanwhile are now."""

    id: UUID
    state: Literal["done", "already", "refused"]
    reason: str | None = None
    why: Literal["retired", "edited"] | None = None
    near: tuple[int, int] | None = None
    coded_segment: UUID | None = None


class Made(Schema):
    event: int
    revision: int
    results: list[Result]


class Codings(Schema):
    """Columns of equal length: a coding is the n-th of each. Positions count code points, the end excluded."""

    event: int
    revision: int
    id: list[str]
    start: list[int]
    end: list[int]
    code: list[int]
    coder: list[int]
    coders: dict[int, str]


class CodeRow(Schema):
    """A code in the order of the tree; ``heads`` is a retired one with codes in use below it."""

    id: int
    parent: int | None
    name: str
    path: str
    level: int
    look: str
    definition: str
    include: str
    exclude: str
    retired: bool
    heads: bool
    opens: bool


class Since(Codings):
    """``edited_by`` made the present revision of the text, at ``edited_at``; ``codes`` is all, where any changed."""

    gone: list[str]
    edited_by: str
    edited_at: datetime | None
    codes: list[CodeRow] | None


def _codings(transcript, event, rows):
    ids, starts, ends, codes, coders = zip(*rows, strict=True) if rows else ([], [], [], [], [])
    names = get_user_model().objects.filter(pk__in=set(coders)).values_list("pk", "username")
    return {
        "event": event,
        "revision": transcript.revision,
        "id": ids,
        "start": starts,
        "end": ends,
        "code": codes,
        "coder": coders,
        "coders": dict(names),
    }


def _codes(transcript):
    return list(Code.objects.filter(study=transcript.study_id))


def _visible(request, transcript_id):
    """The transcript with ``event``, the study's newest, as of before any rows are read: better twice than never."""
    newest = Event.objects.filter(study=OuterRef("study")).order_by("-pk").values("pk")[:1]
    present = TextRevision.objects.filter(transcript=OuterRef("pk"), number=OuterRef("revision"))
    queryset = (
        Transcript.objects.kept()
        .only("study", "revision")
        .annotate(
            event=Coalesce(newest, 0),
            edited_by=Coalesce(present.values("actor__username")[:1], Value("")),
            edited_at=present.values("at")[:1],
        )
    )
    return reach(queryset, request.user, pk=transcript_id)


@router.get("/transcripts/{int:transcript_id}/segments/", response=Codings, url_name="segments")
def list_codings(request, transcript_id: int):
    """The codings of a transcript that this person may see."""
    transcript = _visible(request, transcript_id)
    # Plain values of known types: checking 20,000 rows one by one would double the time.
    return JsonResponse(_codings(transcript, transcript.event, live.rows_of(transcript)))


@router.get("/transcripts/{int:transcript_id}/changes/", response=Since, url_name="changes")
def list_changes(request, transcript_id: int, after: int = 0):
    """What others, and this person elsewhere, have changed since an event."""
    transcript = _visible(request, transcript_id)
    event, rows, gone, codes_changed = live.since(transcript, after)
    return {
        **_codings(transcript, event, rows),
        "gone": gone,
        "edited_by": transcript.edited_by,
        "edited_at": transcript.edited_at,
        "codes": code_tree(_codes(transcript)) if codes_changed else None,
    }


@router.post("/transcripts/{int:transcript_id}/changes/", response=Made, url_name="make-changes")
def make_changes(request, transcript_id: int, sent: Changes):
    """Apply and withdraw codes, in order, in one transaction; the same change sent twice changes once."""
    if sent.coder not in (None, request.user.pk):
        raise HttpError(401, _("These changes are another person's, who is signed out."))
    event, results, revision = changes.make(
        transcript_id, request.user, sent.revision, [change.dict() for change in sent.changes]
    )
    return {"event": event, "revision": revision, "results": results}
