"""What is said where the database gave up a statement that took too long."""

from django.db import OperationalError
from django.http import JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

CANCELLED = "57014"  # PostgreSQL's query_canceled


class PatienceMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if not isinstance(exception, OperationalError) or not _took_too_long(exception.__cause__):
            return None
        if request.path.startswith("/api/"):
            said = _("This takes too long. Ask for less at once, such as fewer codes or respondents.")
            return JsonResponse({"detail": said}, status=503)
        return render(request, "503.html", status=503)


def _took_too_long(cause):
    interrupted = getattr(cause, "sqlite_errorname", "") == "SQLITE_INTERRUPT"
    return interrupted or getattr(cause, "sqlstate", "") == CANCELLED
