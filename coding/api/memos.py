"""Memos for scripts, and for the workspace's marks beside codings."""

from datetime import datetime
from uuid import UUID

from ninja import Router, Schema

from coding import memos
from coding.models import Memo
from interviews.access import reach
from interviews.models import Study, Transcript

router = Router(tags=["memos"])


class MemoOut(Schema):
    """``on`` is study, transcript, segment, coded_segment or code; what it is on is named by the ids that follow."""

    id: int
    author: str
    text: str
    shared: bool
    created_at: datetime
    changed_at: datetime
    on: str
    transcript: int | None
    start: int | None
    end: int | None
    coded_segment: UUID | None
    code: int | None


class Beside(Schema):
    id: int
    author: str
    words: str


class BesideCodings(Schema):
    """``n`` memos are on the transcript; ``codings`` has those on a coding or its words, or with a link to them."""

    n: int
    codings: dict[str, list[Beside]]


@router.get("/studies/{slug}/memos/", response=list[MemoOut], url_name="memos", summary="Memos you may read")
def list_memos(request, slug: str):
    """Shared memos and your own, the newest first, less those on restricted passages; texts are Markdown."""
    study = reach(Study.objects, request.user, "read", slug=slug)
    rows = Memo.objects.taken_out_by(request.user).filter(study=study).with_targets()
    return [_row(memo) for memo in rows]


def _row(memo):
    fields = ("text", "shared", "created_at", "changed_at")
    return {
        "id": memo.pk,
        "author": memo.author_name,
        **{name: getattr(memo, name) for name in fields},
        "on": memo.kind,
        "transcript": memo.on_transcript,
        "start": memo.on_start,
        "end": memo.on_end,
        "coded_segment": memo.coded_segment_id,
        "code": memo.on_code,
    }


@router.get("/transcripts/{int:transcript_id}/memos/", response=BesideCodings, url_name="transcript-memos")
def list_beside_codings(request, transcript_id: int):
    """Which codings of a transcript have memos: coding ids in hex, each with the memos' first words."""
    transcript = reach(Transcript.objects.kept().only("study"), request.user, pk=transcript_id)
    rows = Memo.objects.readable_by(request.user).filter(study=transcript.study_id).with_targets()
    number, found = memos.by_coding(rows, transcript)
    codings = {
        pk.hex: [{"id": m.pk, "author": m.author_name, "words": memos.gist(m.text)} for m in beside]
        for pk, beside in found.items()
    }
    return {"n": number, "codings": codings}
