"""Who may change a transcript at the same time as whom.

Coders do not keep each other waiting; whoever edits the text waits for them, and they for the editor. On SQLite there
is one writer at a time anyway.
"""

from django.db import connection

_TEXTS = 7101  # the first half of our advisory locks' keys


def share_text(transcript_id):
    """Until this transaction ends nobody edits the transcript's text."""
    _lock("pg_advisory_xact_lock_shared", transcript_id)


def own_text(transcript_id):
    """Until this transaction ends nobody else edits the transcript's text, nor codes in it."""
    _lock("pg_advisory_xact_lock", transcript_id)


def _lock(function, key):
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s, %s)", [_TEXTS, key])
