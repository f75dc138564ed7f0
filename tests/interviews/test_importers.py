import io
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.material import make_zip
from interviews.importers import NeedsEncoding, Unreadable, apart, foreign, packages, pandoc, plain, read_file
from interviews.importers.encodings import encoding_name

DEMO = Path(__file__).parents[2] / "interviews" / "demo"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OLE = foreign.OLE
TEXT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
CHINESE = "访谈者：您好，请问您什么时候回国的？\n国伟：好，说中文痛快一点。去年秋天回来的。\n"


def make_docx(body="", extra=None, document=None, styles=""):
    """The smallest .docx around the XML of a body; ``extra`` adds or replaces parts."""
    schemas = "http://schemas.openxmlformats.org"
    parts = {
        "[Content_Types].xml": '<?xml version="1.0"?>'
        f'<Types xmlns="{schemas}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{TEXT_TYPE}"/></Types>',
        "_rels/.rels": '<?xml version="1.0"?>'
        f'<Relationships xmlns="{schemas}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{schemas}/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": document
        or f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
        "word/styles.xml": f'<?xml version="1.0"?><w:styles xmlns:w="{W}">{styles}</w:styles>',
    }
    return make_zip(parts | (extra or {}))


def paragraph(*runs, style=None):
    """A paragraph of runs; a run is text, or (text, "b" or "i")."""
    xml = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    for run in runs:
        text, look = run if isinstance(run, tuple) else (run, "")
        look = f"<w:rPr><w:{look}/></w:rPr>" if look else ""
        xml += f'<w:r>{look}<w:t xml:space="preserve">{text}</w:t></w:r>'
    return f"<w:p>{xml}</w:p>"


def table(*rows):
    cells = ["".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def refusal(name, data, **options):
    with pytest.raises(Unreadable) as caught:
        read_file(name, data, **options)
    return str(caught.value)


# Plain text


@settings(deadline=None)
@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufeff"), min_size=1
    ),
    st.sampled_from(
        [
            ("utf-8", b""),
            ("utf-8", b"\xef\xbb\xbf"),
            ("utf-16-le", b"\xff\xfe"),
            ("utf-16-be", b"\xfe\xff"),
            ("utf-32-le", b"\xff\xfe\x00\x00"),
            ("utf-32-be", b"\x00\x00\xfe\xff"),
        ]
    ),
)
def test_unicode_comes_back_as_it_went_out(text, encoding):
    codec, mark = encoding
    text = f"a {text}"
    imported = read_file("a.txt", mark + text.encode(codec))
    assert (imported.text, imported.encoding) == (text, codec)


def test_line_ends_become_newlines_and_nothing_else_changes():
    imported = read_file("a.txt", "A: e\u0301\r\nB: ﬁ\rC: \u2028x\t\u00a0\n".encode())
    assert imported.text == "A: e\u0301\nB: ﬁ\nC: \u2028x\t\u00a0\n"
    assert [turn["speaker"] for turn in imported.turns] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        ("INTERVIEWER: It’s a “test” – naïve café.\nWENBO: Yes, she’d said…\n", "cp1252"),
        ("訪談者：您好，請問您什麼時候回國？\n國偉：好，說中文痛快一點。\n", "big5"),
        ("質問者：どうして日本に帰りましたか。\n回答者：家族がいるからです。\n", "cp932"),
        ("Интервьюер: Когда вы вернулись?\nОтвет: В прошлом году.\n", "cp1251"),
    ],
)
def test_other_encodings_are_proposed_likeliest_first_and_read_when_chosen(text, encoding):
    data = text.encode(encoding)
    with pytest.raises(NeedsEncoding) as caught:
        read_file("a.txt", data)
    candidates = caught.value.candidates
    assert candidates[0] == (encoding, text[: plain.PREVIEW])
    assert len({preview for _, preview in candidates}) == len(candidates) <= 8
    imported = read_file("a.txt", data, encoding=candidates[0][0])
    assert (imported.text, imported.encoding) == (text, encoding)


def test_preview_shows_the_characters_that_are_in_doubt():
    data = ("INTERVIEWER: plain words\n" * 200 + CHINESE).encode("gb18030")
    with pytest.raises(NeedsEncoding) as caught:
        read_file("a.txt", data)
    assert "国伟" in caught.value.candidates[0][1]


def test_utf16_without_its_mark_is_proposed():
    with pytest.raises(NeedsEncoding) as caught:
        read_file("a.txt", "INTERVIEWER: hello\n".encode("utf-16-be"))
    assert caught.value.candidates == [("utf-16-be", "INTERVIEWER: hello\n")]


def test_a_chosen_encoding_is_held_to():
    assert "not encoded as UTF-8" in refusal("a.txt", CHINESE.encode("gb18030"), encoding="utf-8")


@pytest.mark.parametrize("encoding", ["rot13", "utf-7", "zlib", "unicode_escape", "no-such", "a\0b", ""])
def test_only_encodings_of_text_can_be_chosen(encoding):
    assert "no encoding" in refusal("a.txt", b"hello", encoding=encoding)


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from([None, "utf-8", "utf-16", "gb18030", "cp1252", "cp932"]))
def test_any_bytes_are_read_cleanly_or_refused_in_words(data, encoding):
    try:
        imported = read_file("a.txt", data, encoding=encoding)
    except Unreadable as error:
        assert str(error).endswith((".", "together."))
    else:
        assert imported.text.encode("utf-8")
        assert "\0" not in imported.text
        assert "\r" not in imported.text


# Refusals


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"", "no text"),
        ("a.txt", b" \r\n\t ", "no text"),
        ("a.txt", b"\xef\xbb\xbf", "no text"),
        ("a.docx", b"", "no text"),
        ("a.txt", b"abc\x00def\x01", "not text"),
        ("a.txt", b"\x01\x02\x03\x04 abc", "not text"),
        ("a.txt", b"line\n" * 500_002, "500,000 lines"),
        ("a.txt", b"%PDF-1.7 ...", "damaged"),
        ("a.doc", OLE + b"\0" * 600, "before 2007"),
        ("a.docx", OLE + "WordDocument".encode("utf-16-le"), "before 2007"),
        ("a.docx", OLE + b"\0" * 600, "password"),
        ("a.doc", OLE + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("a.xls", OLE + b"\0" * 600, "older Office"),
        ("a.docx", b"\x89PNG\r\n\x1a\n....", "picture"),
        ("a.txt", b"\xff\xd8\xff\xe0 JFIF", "picture"),
        ("a.txt", b"ID3\x03 music", "recording"),
        ("a.m4a", b"\0\0\0\x20ftypM4A ", "recording"),
        ("a.vtt", b"\xef\xbb\xbfWEBVTT\n\n1", "subtitle"),
        ("a.docx", b"PK\x03\x04 cut short", "archive"),
        ("a.zip", make_zip({"RET01.txt": "hello"}), "archive"),
        ("a.odt", make_zip({"mimetype": "application/vnd.oasis.opendocument.text"}), "damaged"),
        ("a.xlsx", make_zip({"[Content_Types].xml": "spreadsheetml.sheet.main+xml"}), "damaged"),
        ("a.epub", make_zip({"mimetype": "application/epub+zip"}), "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_refused_with_advice(name, data, words):
    assert words in refusal(name, data)


def test_a_file_over_the_limit_is_refused_with_both_sizes(settings):
    settings.MAX_UPLOAD_BYTES = 1024
    assert read_file("a.txt", b"a" * 1024).text == "a" * 1024
    assert "1.0\xa0KB" in refusal("a.txt", b"a" * 1025)


def test_a_docx_under_another_name_is_read_by_its_bytes():
    assert read_file("a.txt", make_docx(paragraph("hello"))).format == "docx"
    assert read_file("a.docx", b"hello").format == "txt"


# Word


@pytest.mark.parametrize(
    ("file", "reference"),
    [
        ("RET01_wenbo.docx", "RET01_wenbo.txt"),
        ("RET03_junfeng.docx", "RET03_junfeng.txt"),
        ("MIG02_haoran.docx", "MIG02_haoran.txt"),
        ("INS01_tan_table.docx", "INS01_tan.txt"),
    ],
)
def test_a_word_file_gives_the_very_text_of_its_plain_transcript(file, reference):
    imported = read_file(file, (DEMO / "other-formats" / file).read_bytes())
    expected = read_file(reference, (DEMO / "transcripts" / reference).read_bytes())
    assert imported.text == expected.text
    assert imported.turns == expected.turns


def test_bold_italic_and_headings_are_marks_on_exactly_their_words():
    body = paragraph("Part one", style="Heading1") + paragraph(
        ("WENBO:", "b"), " It’s ", ("𬭎 very ", "i"), "late"
    )
    styles = '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    imported = read_file("a.docx", make_docx(body, styles=styles))
    marked = [(imported.text[mark["start"] : mark["end"]], mark["kind"]) for mark in imported.marks]
    assert marked == [("Part one", "heading"), ("WENBO:", "bold"), ("𬭎 very", "italic")]
    assert imported.text == "Part one\n\nWENBO: It’s 𬭎 very late\n"


def test_a_title_is_kept_although_pandoc_takes_it_for_metadata():
    styles = '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>'
    body = paragraph("My talk", style="Title") + paragraph("I: so") + paragraph("R: yes")
    imported = read_file("a.docx", make_docx(body, styles=styles))
    assert imported.text == "My talk\n\nI: so\n\nR: yes\n"
    assert [turn["speaker"] for turn in imported.turns] == ["I", "R"]


def test_signs_that_mean_something_in_markdown_stay_as_written():
    said = "a \\ b *c* _d_ \"e\" 'f' -- ... $g$ [h](i) # j &amp; &lt;k&gt; `l` ~m~"
    imported = read_file("a.docx", make_docx(paragraph(said)))
    assert imported.text == said.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">") + "\n"


def test_a_line_break_within_a_paragraph_starts_a_line():
    body = "<w:p><w:r><w:t>I: so</w:t><w:br/><w:t>R: yes</w:t></w:r></w:p>"
    imported = read_file("a.docx", make_docx(body))
    assert imported.text == "I: so\nR: yes\n"
    assert len(imported.turns) == 2


def test_a_table_of_time_speaker_and_text_becomes_turns():
    rows = [
        ("00:01", "Wenbo", "hello"),
        ("00:05", "Qin", "so"),
        ("00:09", "Wenbo", "yes: it is"),
        ("00:12", "Qin", "ah"),
    ]
    imported = read_file("a.docx", make_docx(table(("Time", "Speaker", "Text"), *rows)))
    assert imported.text.splitlines()[0] == "[00:01] Wenbo: hello"
    assert [(turn["speaker"], turn["at"]) for turn in imported.turns] == [
        ("Wenbo", 1000),
        ("Qin", 5000),
        ("Wenbo", 9000),
        ("Qin", 12000),
    ]
    assert len(imported.warnings) == 1


def test_a_table_that_holds_more_than_turns_loses_no_cell():
    rows = [("Speaker", "Text", "Comment"), ("I", "so", "smiles"), ("R", "yes", "")]
    imported = read_file("a.docx", make_docx(table(*rows)))
    assert imported.text == "Speaker | Text | Comment\n\nI | so | smiles\n\nR | yes\n"


def test_an_empty_word_file_is_refused_as_empty():
    assert "no text" in refusal("a.docx", make_docx(paragraph(" ")))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (make_docx(document="<w:document"), "damaged"),
        (make_docx("<w:p/>")[:-30], "archive"),
        (make_docx(extra={"../evil.xml": "<a/>"}), "no word processor writes"),
        (make_docx(extra={"/etc/evil.xml": "<a/>"}), "no word processor writes"),
        (make_docx(document='<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "no word processor writes"),
        (make_docx(document="<!DOCTYPE a><a/>".encode("utf-16")), "no word processor writes"),
        (make_docx(extra={f"word/{i}.xml": "" for i in range(packages.MAX_MEMBERS)}), "far more"),
        (make_docx(document="a" * (packages.MAX_XML + 1)), "far more"),
        (make_docx(extra={"word/media/a.png": b"\0" * (packages.RATIO_MATTERS_FROM + 1)}), "far more"),
    ],
    ids=[
        "xml",
        "cut short",
        "parent path",
        "absolute path",
        "entity",
        "utf-16",
        "members",
        "xml size",
        "ratio",
    ],
)
def test_a_suspicious_word_file_never_reaches_pandoc(data, words, monkeypatch):
    if words != "damaged":
        monkeypatch.setattr(apart, "output_of", lambda *arguments: pytest.fail("pandoc was started"))
    assert words in refusal("a.docx", data)


def test_a_bomb_of_a_gibibyte_is_refused_before_it_is_unpacked(monkeypatch):
    out = io.BytesIO(make_docx())
    with (
        zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/footnotes.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(1024):
            part.write(bytes(1 << 20))
    unpacked = []
    read = zipfile.ZipExtFile.read

    def counted(*arguments):
        unpacked.append(len(data := read(*arguments)))
        return data

    monkeypatch.setattr(zipfile.ZipExtFile, "read", counted)
    assert "far more" in refusal("a.docx", out.getvalue())
    assert sum(unpacked) < 1 << 24


def test_a_part_longer_than_its_entry_says_is_refused():
    data = bytearray(make_docx(document="a" * 1_000_000))
    entry = data.rfind(b"word/document.xml") - 46
    data[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    assert "damaged" in refusal("a.docx", bytes(data))


def test_reading_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(apart, "SECONDS", 1)
    endless = [sys.executable, "-c", "import time; time.sleep(20)"]
    output_of = apart.output_of
    monkeypatch.setattr(apart, "output_of", lambda command, document: output_of(endless, document))
    started = time.monotonic()
    assert "took too long" in refusal("a.docx", make_docx(paragraph("hello")))
    assert time.monotonic() - started < 10


def test_reading_that_needs_too_much_memory_is_ended(monkeypatch):
    monkeypatch.setattr(pandoc, "MEMORY", "8M")
    assert "too much memory" in refusal("a.docx", make_docx(paragraph("hello ") * 20_000))


def test_too_much_output_is_not_read(monkeypatch):
    monkeypatch.setattr(apart, "MAX_OUTPUT", 100)
    assert "far more" in refusal("a.docx", make_docx(paragraph("hello") * 50))


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1), min_size=1
    )
)
def test_any_words_come_through_pandoc_unchanged(words):
    words = [word.translate({0xFFFE: "-", 0xFFFF: "-"}) for word in words]
    escaped = [word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for word in words]
    imported = read_file("a.docx", make_docx(paragraph("x " + " ".join(escaped))))
    assert imported.text == f"x {' '.join(words)}\n"


def test_tracked_changes_are_read_as_accepted():
    tracked = 'w:id="1" w:author="Q" w:date="2006-01-01T00:00:00Z"'
    body = (
        f"<w:p><w:r><w:t>I: so</w:t></w:r><w:del {tracked}><w:r><w:delText> gone</w:delText></w:r></w:del>"
        f"<w:ins {tracked}><w:r><w:t> new</w:t></w:r></w:ins></w:p>"
        f"<w:p><w:pPr><w:rPr><w:del {tracked}/></w:rPr></w:pPr><w:r><w:t>R: one</w:t></w:r></w:p>"
        '<w:p><w:r><w:t xml:space="preserve"> line</w:t></w:r></w:p>'
    )
    imported = read_file("a.docx", make_docx(body))
    assert imported.text == "I: so new\n\nR: one line\n"
    assert [str(warning) for warning in imported.warnings] == ["Tracked changes were read as accepted."]


def test_words_in_text_boxes_of_a_document_are_said_to_be_left_out():
    inside = "<w:p><w:r><w:t>Beside the</w:t></w:r><w:r><w:t> text &amp; more</w:t></w:r></w:p>"
    box = f"<w:txbxContent>{inside}</w:txbxContent>"
    both = (
        f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    spoken = f"{paragraph('INT: Who?')}<w:p>{both}<w:r><w:t>ANNA: Me.</w:t></w:r></w:p>"
    imported = read_file("a.docx", make_docx(spoken))
    assert "INT: Who?" in imported.text and "ANNA: Me." in imported.text
    assert [str(warning) for warning in imported.warnings] == [
        "Words in text boxes were left out: “Beside the text & more”. Put them into the text to have them here."
    ]


SCHEMAS = "http://schemas.openxmlformats.org"
COMMENTED = (
    '<w:p><w:r><w:t xml:space="preserve">R: </w:t></w:r><w:commentRangeStart w:id="4"/>'
    '<w:r><w:t>𬭎 yes</w:t></w:r><w:commentRangeEnd w:id="4"/>'
    '<w:r><w:commentReference w:id="4"/></w:r><w:r><w:t xml:space="preserve"> ah</w:t></w:r></w:p>'
)
COMMENTS = {
    "word/comments.xml": f'<w:comments xmlns:w="{W}"><w:comment w:id="4" w:author="Qin">'
    '<w:p><w:r><w:t xml:space="preserve"> ask again </w:t></w:r></w:p></w:comment></w:comments>',
    "word/_rels/document.xml.rels": f'<Relationships xmlns="{SCHEMAS}/package/2006/relationships">'
    f'<Relationship Id="r9" Type="{SCHEMAS}/officeDocument/2006/relationships/comments" '
    'Target="comments.xml"/></Relationships>',
}


def test_comments_keep_their_places_beside_the_text():
    imported = read_file("a.docx", make_docx(paragraph("I: so") + COMMENTED, COMMENTS))
    assert imported.text == "I: so\n\nR: 𬭎 yes ah\n"
    (comment,) = imported.comments
    assert imported.text[comment["start"] : comment["end"]] == "𬭎 yes"
    assert (comment["author"], comment["text"]) == ("Qin", "ask again")
    assert [str(warning) for warning in imported.warnings] == ["Comments in the margin become memos: 1."]
    assert imported.marks == []


def test_comments_stay_at_their_words_where_changes_are_tracked():
    tracked = 'w:id="9" w:author="a" w:date="2006-01-01T00:00:00Z"'
    body = (
        f'<w:p><w:r><w:t xml:space="preserve">I: so </w:t></w:r><w:del {tracked}><w:r><w:delText>old</w:delText></w:r>'
        f"</w:del><w:ins {tracked}><w:r><w:t>new</w:t></w:r></w:ins></w:p>"
    ) + COMMENTED
    imported = read_file("a.docx", make_docx(body, COMMENTS))
    assert imported.text == "I: so new\n\nR: 𬭎 yes ah\n"
    (comment,) = imported.comments
    assert imported.text[comment["start"] : comment["end"]] == "𬭎 yes"
    assert [str(warning) for warning in imported.warnings] == [
        "Comments in the margin become memos: 1.",
        "Tracked changes were read as accepted.",
    ]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [["Speaker", "Text"], ["I", "So?"], ["L", "Yes."], ["I", "Why?"], ["L", "Work."]],
            "its heading row was",
        ),
        (
            [["1", "I", "So?"], ["2", "L", "Yes."], ["3", "I", "Why?"], ["4", "L", "Work."]],
            "its row numbers were left out",
        ),
        (
            [
                ["No", "Speaker", "Text"],
                ["1", "I", "So?"],
                ["2", "L", "Yes."],
                ["3", "I", "No?"],
                ["4", "L", "No."],
            ],
            "its heading row and row numbers were left out",
        ),
        ([["I", "So?"], ["L", "Yes."], ["I", "Why?"], ["L", "Work."]], "A table was read as turns."),
    ],
)
def test_of_a_table_it_is_told_what_was_left_out(rows, told):
    found = read_file("talk.docx", make_docx(table(*rows)))
    assert [turn["speaker"] for turn in found.turns] == ["I", "L", "I", "L"]
    assert any(told in str(warning) for warning in found.warnings), found.warnings


def test_every_encoding_that_may_be_chosen_has_a_name_of_its_own():
    names = {codec: str(encoding_name(codec)) for codec in plain._ALLOWED}
    assert len(set(names.values())) == len(names)
    assert not {codec for codec, name in names.items() if " (" not in name} - {"utf-8"}
    assert names["shift_jis_2004"] == "Japanese (Shift JIS 2004)" and encoding_name("x") == "x"
