"""Answers kept while a study does not change: its last event says whether it has."""

import hashlib

from django.core.cache import cache
from django.utils.translation import get_language

CACHE_SECONDS = 24 * 3600


def cached(study, event_id, what, make):
    language = get_language()
    key = hashlib.sha256(repr((study.pk, event_id, language, what)).encode()).hexdigest()
    found = cache.get(f"query:{key}")
    if found is None:
        found = make()
        cache.set(f"query:{key}", found, CACHE_SECONDS)
    return found
