"""Fixtures all tests share."""

import pytest
from django.core.cache import caches


@pytest.fixture(autouse=True)
def fresh_cache():
    for cache in caches.all(initialized_only=True):
        cache.clear()
