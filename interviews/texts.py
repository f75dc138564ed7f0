"""The text of a transcript, kept at hand while it is coded.

To cut one quote out of a long text a database counts characters from the beginning: 3 ms in 100,000 words, more than
all else that storing a coding takes.
"""

from django.core.cache import caches

from .models import Transcript


def text_of(transcript):
    """The present text. Only its id and revision are read from ``transcript``: a revision's text never changes."""
    return caches["texts"].get_or_set(
        f"{transcript.pk}:{transcript.revision}",
        lambda: Transcript.objects.values_list("text", flat=True).get(pk=transcript.pk),
    )
