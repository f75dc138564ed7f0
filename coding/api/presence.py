"""Who else has a transcript open."""

from ninja import Router, Schema

from coding import presence
from interviews.access import reach
from interviews.models import Transcript

router = Router(tags=["codings"])


class Here(Schema):
    leaving: bool = False


class Others(Schema):
    """Names of the others, in order."""

    here: list[str]


@router.post("/transcripts/{int:transcript_id}/presence/", response=Others, url_name="presence")
def say_here(request, transcript_id: int, sent: Here):
    """Say that this person has the transcript open, or is leaving it, and ask who else has."""
    transcript = reach(Transcript.objects.kept().only("study"), request.user, pk=transcript_id)
    if sent.leaving:
        presence.leave(transcript, request.user)
    else:
        presence.arrive(transcript, request.user)
    return {"here": presence.others(transcript, request.user)}
