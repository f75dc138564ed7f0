"""Files made to break a reader: each is read or refused in words, in time, and the server grows little.

A few of each kind run always; HOSTILE_FILES=500 runs that many in all.
"""

import os
import random
import resource
import subprocess
import time
from pathlib import Path

import pypandoc
import pytest

from interviews.importers import NeedsEncoding, Unreadable, archive, read_file
from tests.interviews.test_importers import make_docx, make_zip, paragraph

DEMO = Path(__file__).parents[2] / "interviews" / "demo"
TALK = (DEMO / "transcripts" / "RET03_junfeng.txt").read_bytes()
NUMBER = int(os.environ.get("HOSTILE_FILES", "40"))
SECONDS = 20
LAUGHS = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(30))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{LAUGHS}]><a>&a30;</a>'
NASTY = (
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"-->",
    b"<v ",
    b"{\\",
    b"PK\x03\x04",
    b"endobj",
    b"<!ENTITY",
    b"9" * 40,
)


def _files():
    """(name, bytes) of good files of every format."""
    text = TALK.decode()[:4000].replace("\n", "\n\n")
    for format in ("odt", "epub", "rtf", "html"):
        yield (
            format,
            pypandoc.convert_text(text, format, "markdown", extra_args=["-s"])
            if format
            in (
                "rtf",
                "html",
            )
            else _binary(text, format),
        )
    for path in (DEMO / "other-formats").iterdir():
        yield path.suffix, path.read_bytes()
    yield "txt", TALK
    yield "utf-16", TALK.decode().encode("utf-16")
    yield "gb18030", TALK.decode().encode("gb18030")
    yield "csv", b"Speaker,Text\nI,so\nR,yes\n" * 20
    yield "srt", b"1\n00:00:01,000 --> 00:00:02,000\nAnn: hello\n\n" * 20
    yield "zip", make_zip({"a.txt": TALK, "b.docx": make_docx(paragraph("I: so"))})


def _binary(text, format):
    command = [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", format, "-o", "-"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def _mutated(data, chance):
    """A file with bytes changed, taken out, doubled or put in."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 100))):
        at, length = chance.randrange(len(data) or 1), chance.choice((1, 2, 8, 200))
        kind = chance.randrange(5)
        if kind == 0:
            data[at : at + length] = chance.randbytes(length)
        elif kind == 1:
            del data[at : at + length]
        elif kind == 2:
            data[at:at] = data[at : at + length] * chance.choice((1, 50))
        elif kind == 3:
            data[at:at] = chance.choice(NASTY)
        else:
            data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
    return bytes(data)


def _read(name, data):
    """Import as the page does: an archive's files one by one. A sentence for each that is refused."""
    said = []
    for member, content, _size in archive.unpacked(name, data, len(data)):
        try:
            imported = read_file(member, content)
            assert imported.text.encode() and "\0" not in imported.text
            last = 0
            for turn in imported.turns:
                assert last <= turn["start"] <= turn["said"] <= turn["end"] <= len(imported.text)
                last = turn["end"]
        except NeedsEncoding as doubt:
            assert doubt.candidates
        except Unreadable as error:
            said.append(str(error))
    return said


def _in_time(name, data):
    started = time.monotonic()
    said = _read(name, data)
    assert time.monotonic() - started < SECONDS
    assert all(sentence.endswith(".") and len(sentence) > 20 for sentence in said)
    return said


def test_mutated_files_are_read_or_refused_in_words_and_leave_no_memory_behind():
    good = [(name, data.encode() if isinstance(data, str) else data) for name, data in _files()]
    for name, data in good:
        _read(f"a.{name}", data)
    chance = random.Random(4)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for number in range(NUMBER):
        name, data = good[number % len(good)]
        refused += bool(_in_time(f"a.{name}", _mutated(data, chance)))
    assert refused
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


@pytest.mark.parametrize(
    "parts",
    [
        {"[Content_Types].xml": "wordprocessingml.document.main+xml", "word/document.xml": LAUGHS},
        {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": LAUGHS},
        {"mimetype": "application/epub+zip", "META-INF/container.xml": LAUGHS},
        {"[Content_Types].xml": "spreadsheetml.sheet.main+xml", "xl/workbook.xml": LAUGHS},
    ],
    ids=["docx", "odt", "epub", "xlsx"],
)
def test_a_billion_laughs_are_not_heard(parts):
    assert "no word processor writes" in _in_time("a", make_zip(parts))[0]


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS.encode(),
        b"<html>" + b"<table><tr><td>" * 20 + b"x",
        b"<html>" + b"<table><tr><td>" * 1_900 + b"x",
        b"<html>" + b"<" * 1_000_000,
        b"<html><p " + b'a="b" ' * 100_000,
        b"{\\rtf1 " + b"{\\b " * 50_000,
        b"{\\rtf1 \\bin999999999 x}",
        b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 99999999 >>\ntrailer << /Root 1 0 R >>",
        b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\n" * 100_000,
        b"a" * 20_000_000,
        b"Speaker,Text\n" + b'"' * 2_000_000,
        make_docx("<w:tbl><w:tr><w:tc>" * 1_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 1_000),
        make_docx("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 100_000 + "</w:p>"),
    ],
    ids=[
        "xml",
        "tables",
        "many tables",
        "tags",
        "attributes",
        "groups",
        "bin",
        "pdf",
        "cues",
        "line",
        "quote",
        "nested",
        "runs",
    ],
)
def test_what_is_built_to_exhaust_costs_a_sentence(data):
    _in_time("a", data)


def test_a_bomb_of_many_layers_is_opened_once():
    inner = make_zip({f"{number}.txt": b"\0" * 1_000_000 for number in range(9)})
    assert all(
        "archive" in sentence for sentence in _in_time("a.zip", make_zip({"b.zip": inner, "c.zip": inner}))
    )
