"""What pandoc reads beside Word: each file is made by pandoc from the demo's plain transcript."""

import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pypandoc
import pytest

from interviews.importers import Unreadable, read_file, webpage

TRANSCRIPTS = Path(__file__).parents[2] / "interviews" / "demo" / "transcripts"


def written(format, text, *arguments):
    """A file of a format with a paragraph for each block of a text."""
    lines = "\n\n".join(
        "\n".join(f"| {line}" for line in block.split("\n")) if "\n" in block else block
        for block in text.strip().split("\n\n")
    )
    escaped = "".join("\\" + c if c in "\\`*_{}[]<>()#+-.!$~^'\"@" else c for c in lines)
    command = [
        pypandoc.get_pandoc_path(),
        "--from=markdown-smart",
        f"--to={format}",
        "--standalone",
        *arguments,
    ]
    return subprocess.run(command, input=escaped.encode(), capture_output=True, check=True).stdout


def said(imported):
    return [(turn["speaker"], imported.text[turn["said"] : turn["end"]]) for turn in imported.turns]


@pytest.mark.parametrize("format", ["odt", "epub", "rtf", "html"])
@pytest.mark.parametrize("name", ["RET03_junfeng", "MIG03_guowei"])
def test_a_document_gives_the_turns_of_its_plain_transcript(format, name):
    text = (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8")
    options = ["--output=-", "--metadata=title:t"]
    imported = read_file("interview.doc", written(format, text, *options))
    assert said(imported) == said(read_file("a.txt", text.encode()))
    assert imported.format == format


def test_a_page_of_old_word_is_read_in_its_own_charset():
    page = (
        '<HTML><HEAD><META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=gb2312"><TITLE>x</TITLE>'
        "<STYLE>P {color: red}</STYLE><SCRIPT>alert('no')</SCRIPT></HEAD><BODY><P><B>访谈者：</B>您\n好<BR>国伟：好"
        "<P>访谈者：costs $5 &amp; $6<O:P></O:P></BODY></HTML>"
    )
    imported = read_file("a.txt", page.encode("gb18030"))
    assert imported.text == "访谈者：您 好\n国伟：好\n\n访谈者：costs $5 & $6\n"
    assert [turn["speaker"] for turn in imported.turns] == ["访谈者", "国伟", "访谈者"]


def test_rtf_of_chinese_word_is_read_whatever_it_is_called():
    data = rb"{\rtf1\ansi\ansicpg936 \uc2 {\b I:} \'b9\'fa\u20255\'ce\'b0 yes\par "
    data += rb"R: \u10830\'3f\'3f hm{\footer page 3}\par}"
    imported = read_file("interview.doc", data)
    assert imported.text == "I: 国伟 yes\n\nR: \u2a4e hm\n"
    assert imported.format == "rtf"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html><body>" + b"<div>" * 5_000 + b"x", "nested"),
        (b"<html>" + b"a" * (webpage.MAX_BYTES + 1), "too large"),
        (b"<html><script>alert(1)</script></html>", "no text"),
        (b"{\\rtf1 " + b"{" * 100_000, "damaged"),
        (b"{\\rtf1 }", "no text"),
    ],
    ids=["nested", "large", "script", "rtf groups", "rtf empty"],
)
def test_hostile_or_empty_documents_get_a_sentence(data, words):
    with pytest.raises(Unreadable, match=words):
        read_file("a.html", data)


def test_an_e_book_with_entities_of_its_own_is_refused():
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("a.xhtml", '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>')
    with pytest.raises(Unreadable, match="no word processor"):
        read_file("a.epub", out.getvalue())
