"""Who has a transcript open just now: kept for seconds, in the cache that all server processes share."""

from django.core.cache import caches

from interviews.models import Membership

FRESH = 13  # seconds; the page says every five that it is there


def _key(transcript_id, user_id):
    return f"here.{transcript_id}.{user_id}"


def arrive(transcript, user):
    caches["presence"].set(_key(transcript.pk, user.pk), True, FRESH)


def leave(transcript, user):
    caches["presence"].delete(_key(transcript.pk, user.pk))


def others(transcript, user):
    """Names of the other members of the study who have it open, in order."""
    members = Membership.objects.filter(study=transcript.study_id).exclude(user=user.pk)
    names = {
        _key(transcript.pk, pk): name for pk, name in members.values_list("user", "user__username").order_by()
    }
    return sorted(names[key] for key in caches["presence"].get_many(names))
