"""Answers compressed quickly.

Django compresses at level 6, which took half of the time a large page needed; level 2 takes a third of that and makes
pages a fifth larger.
"""

import gzip
import secrets
from io import BytesIO

from django.middleware.gzip import re_accepts_gzip
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

LEVEL = 2
LEAST = 200  # bytes
NAME_LENGTH = 100  # most letters of a random file name in front, which hides how long a secret is (BREACH)


class QuickGZipMiddleware(MiddlewareMixin):
    def process_response(self, request, response):
        if response.has_header("Content-Encoding") or (
            not response.streaming and len(response.content) < LEAST
        ):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        if not re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")):
            return response
        if response.streaming:
            response.streaming_content = compressed(response.streaming_content)
            del response.headers["Content-Length"]
        else:
            content = b"".join(compressed([response.content]))
            if len(content) >= len(response.content):
                return response
            response.content = content
            response.headers["Content-Length"] = str(len(content))
        etag = response.headers.get("ETag", "")
        if etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"  # the bytes are others now (RFC 9110, 8.8.1)
        response.headers["Content-Encoding"] = "gzip"
        return response


def compressed(pieces):
    """The pieces as the pieces of a gzip file."""
    written = BytesIO()
    name = "a" * secrets.randbelow(NAME_LENGTH)
    with gzip.GzipFile(name, "wb", LEVEL, written, mtime=0) as file:
        for piece in pieces:
            file.write(piece)
            if written.tell():
                yield _taken(written)
    yield _taken(written)


def _taken(written):
    data = written.getvalue()
    written.seek(0)
    written.truncate()
    return data
