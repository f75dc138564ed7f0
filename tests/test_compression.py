"""Answers are compressed for browsers that take it, and are the same when they are unpacked."""

import gzip

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from config.compression import QuickGZipMiddleware, compressed

PAGE = b"<p>We decided together, in the car park. " * 300


def answer(response, **headers):
    request = RequestFactory().get("/", headers={"accept-encoding": "gzip, br"} | headers)
    return QuickGZipMiddleware(lambda _request: response)(request)


def test_a_page_is_compressed():
    response = answer(HttpResponse(PAGE, headers={"ETag": '"7"'}))
    assert gzip.decompress(response.content) == PAGE
    assert response["Content-Length"] == str(len(response.content)) and len(response.content) < len(PAGE) / 5
    assert (response["Content-Encoding"], response["ETag"], response["Vary"]) == (
        "gzip",
        'W/"7"',
        "Accept-Encoding",
    )


def test_a_file_is_compressed_while_it_is_sent():
    pieces = iter([b"a,b\r\n" * 50_000, b"c,d\r\n" * 50_000])
    response = answer(StreamingHttpResponse(pieces, headers={"Content-Length": "500000"}))
    first = next(iter(response.streaming_content))
    assert first and next(pieces, None) is not None
    assert "Content-Length" not in response
    assert gzip.decompress(b"".join(compressed([b"a", b"", b"b"]))) == b"ab"


@pytest.mark.parametrize(
    "response", [HttpResponse(b"short"), HttpResponse(PAGE, headers={"Content-Encoding": "br"})]
)
def test_what_gains_nothing_stays_as_it_is(response):
    before = response.content
    assert answer(response).content == before


def test_who_does_not_take_it_gets_it_plain():
    response = answer(HttpResponse(PAGE), **{"accept-encoding": "identity"})
    assert response.content == PAGE and response["Vary"] == "Accept-Encoding"


def test_the_same_page_has_not_always_the_same_length():
    assert len({len(answer(HttpResponse(PAGE)).content) for _ in range(40)}) > 5
