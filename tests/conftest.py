"""Fixtures all tests share."""

import pytest
from django.core.cache import caches
from hypothesis import HealthCheck, settings

# How fast a machine is, and how busy, is not what the tests are about.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


@pytest.fixture(autouse=True)
def fresh_cache():
    for cache in caches.all(initialized_only=True):
        cache.clear()
