"""Requests that are refused before or beside their view, and what the log has of them."""

import logging

from django.db import DataError
from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.defaults import bad_request


class WithoutTraceback(logging.Filter):
    """One line in the log, as nothing is wrong with the program."""

    def filter(self, record):
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


class NulMiddleware:
    """Refuses a NUL in an address, and one that was sent where PostgreSQL does: nobody types one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return _refused(request)
        return self.get_response(request)

    def process_exception(self, request, exception):
        return _refused(request) if _is_of_nul(exception) else None


def _refused(request):
    if request.path.startswith("/api/"):
        return JsonResponse({"detail": _("A text may hold no NUL sign.")}, status=400)
    return bad_request(request, None)


def _is_of_nul(exception):
    return isinstance(exception, DataError) and "NUL (0x00)" in str(exception)
