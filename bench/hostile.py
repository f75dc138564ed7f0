"""Files made to break a reader: good ones of every format, mutated, and others built to exhaust."""

import random
import subprocess
import zipfile
from io import BytesIO

import pypandoc
from django.conf import settings

from .material import docx_parts, make_zip

DEMO = settings.BASE_DIR / "interviews" / "demo"
TALK = (DEMO / "transcripts" / "RET03_junfeng.txt").read_bytes()
_ENTITIES = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(30))
LAUGHS = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">{_ENTITIES}]><a>&a30;</a>'
LAUGHING = {
    "docx": {"[Content_Types].xml": "wordprocessingml.document.main+xml", "word/document.xml": LAUGHS},
    "odt": {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": LAUGHS},
    "epub": {"mimetype": "application/epub+zip", "META-INF/container.xml": LAUGHS},
    "xlsx": {"[Content_Types].xml": "spreadsheetml.sheet.main+xml", "xl/workbook.xml": LAUGHS},
}
_NASTY = (
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


def good_files():
    """``(name, bytes)`` of a good file of every format."""
    text = TALK.decode()[:4000].replace("\n", "\n\n")
    for format in ("odt", "epub", "rtf", "html"):
        yield f"a.{format}", _written(text, format)
    for path in sorted((DEMO / "other-formats").iterdir()):
        yield path.name, path.read_bytes()
    yield "a.txt", TALK
    yield "utf16.txt", TALK.decode().encode("utf-16")
    yield "gb18030.txt", TALK.decode().encode("gb18030")
    yield "a.csv", b"Speaker,Text\nI,so\nR,yes\n" * 20
    yield "a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nAnn: hello\n\n" * 20
    yield "a.zip", make_zip({"a.txt": TALK, "b.docx": make_zip(docx_parts(_run("I: so")))})


def _written(text, format):
    command = [pypandoc.get_pandoc_path(), "-f", "markdown", "-t", format, "-s", "-o", "-"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def _run(text):
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def mutated_files(number, seed=4):
    """So many good files, each with bytes changed, taken out, doubled or put in."""
    good, chance = list(good_files()), random.Random(seed)
    for i in range(number):
        name, data = good[i % len(good)]
        yield name, mutated(data, chance)


def mutated(data, chance):
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
            data[at:at] = chance.choice(_NASTY)
        else:
            data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
    return bytes(data)


def exhausting_files():
    """``(what it is, bytes)`` of files that are small or plain and would cost much, were they believed."""
    yield from ((f"laughs in {name}", make_zip(parts)) for name, parts in LAUGHING.items())
    yield "xml", LAUGHS.encode()
    yield "tables", b"<html>" + b"<table><tr><td>" * 20 + b"x"
    yield "many tables", b"<html>" + b"<table><tr><td>" * 1_900 + b"x"
    yield "tags", b"<html>" + b"<" * 1_000_000
    yield "attributes", b"<html><p " + b'a="b" ' * 100_000
    yield "groups", b"{\\rtf1 " + b"{\\b " * 50_000
    yield "bin", b"{\\rtf1 \\bin999999999 x}"
    yield (
        "pdf",
        b"%PDF-1.7\n1 0 obj << /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 99999999 >>\n"
        b"trailer << /Root 1 0 R >>",
    )
    yield "cues", b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\n" * 100_000
    yield "line", b"a" * 20_000_000
    yield "quote", b"Speaker,Text\n" + b'"' * 2_000_000
    cell = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    yield "nested", make_zip(docx_parts(cell[0] * 1_000 + "<w:p/>" + cell[1] * 1_000))
    yield "runs", make_zip(docx_parts("<w:p>" + "<w:r><w:t>a</w:t></w:r>" * 100_000 + "</w:p>"))


def bomb(gigabytes=1, name="word/document.xml", **parts):
    """A zip file of about a megabyte whose one part is a gigabyte of zeros."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for other, content in parts.items():
            archive.writestr(other, content)
        with archive.open(name, "w", force_zip64=True) as part:
            zeros = bytes(1 << 20)
            for _ in range(int(gigabytes * 1024)):
                part.write(zeros)
    return out.getvalue()
