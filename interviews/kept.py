"""What somebody sends after their session has ended is not lost: it comes back in a page, to be sent again."""

from urllib.parse import urlsplit

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import QueryDict
from django.shortcuts import render, resolve_url
from django.utils.cache import add_never_cache_headers

SECRET = ("password", "passphrase")


class KeepWhatWasSent:
    """Middleware: in place of the redirect to signing in, a form with all that was sent, and the way to sign in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if not _is_sent_away(request, response):
            return response
        fields = [
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name != "csrfmiddlewaretoken"
        ]
        page = render(request, "interviews/send_again.html", {"fields": fields}, status=401)
        add_never_cache_headers(page)
        return page


def _is_sent_away(request, response):
    """Whether a form of a page, with nothing secret in it, is answered by the way to signing in and back."""
    if request.method != "POST" or response.status_code != 302 or request.user.is_authenticated:
        return False
    to = urlsplit(response.url)
    is_login = to.path == resolve_url("interviews:sign-in") and REDIRECT_FIELD_NAME in QueryDict(to.query)
    is_of_page = "text/html" in request.headers.get("Accept", "")
    has_secret = any(word in name for name in request.POST for word in SECRET)
    return is_login and is_of_page and not request.FILES and not has_secret
