"""Coded transcripts as DOCX: words carry their codes as comments of those who coded them, which Word, LibreOffice and
Pages show in the margin."""

import io
import re
from collections.abc import Iterable
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from .coded_text import LABEL, Block, Passage
from .colours import HEX
from .queries.frame import CodeLine

TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NUMBERS_WIDTH = Cm(1.1)
QUIET = RGBColor(0x59, 0x5D, 0x66)
COLOUR = f'<w:color w:val="{QUIET}"/>'
EMPHASIS = {"bold": "<w:b/>", "italic": "<w:i/>", "heading": "<w:b/>"}
DEPTHS = ("E3E3E4", "D6D6D8", "CACACD")  # for two, three, four or more codes
NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Text as XML can hold it: control characters and the like become the replacement character."""
    return NOT_IN_XML.sub("\ufffd", text)


def docx_of(
    title: str,
    about: Iterable[str],
    legend: Iterable[tuple[CodeLine, int]],
    legend_title: str,
    text: str,
    blocks: Iterable[Block],
    codes: dict[int, CodeLine],
    coders: dict[int, str],
) -> bytes:
    """The document: title, lines about the transcript, the codes used with their numbers, all turns.

    Every coding is a comment by its coder, dated when it was made, whose text is the code's path.
    """
    document = empty_document(legal(title))
    document.add_heading(legal(title), level=0)
    for line in about:
        document.add_paragraph(legal(line), style="About")
    legend = list(legend)
    if legend:
        document.add_heading(legal(legend_title), level=2)
    end = document.element.body.sectPr
    for code, number in legend:
        end.addprevious(_legend_line(code, number))
    writer = _Writer(text, codes, coders)
    for number, paragraph in enumerate(writer.paragraphs(blocks)):
        if not number:
            paragraph.pPr.get_or_add_spacing().before = Pt(16)
        end.addprevious(paragraph)
    document.comments  # noqa: B018  makes the part that the next line looks up
    comments = document.part.part_related_by(RELATIONSHIP_TYPE.COMMENTS).element
    comments.extend(parse_xml(f"<w:comments {nsdecls('w')}>{''.join(writer.comments)}</w:comments>"))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def turn(document):
    """Go on upon a page turned by a quarter."""
    old = document.sections[-1]
    new = document.add_section()
    new.page_width, new.page_height = old.page_height, old.page_width
    is_upright = new.page_width < new.page_height
    new.orientation = WD_ORIENT.PORTRAIT if is_upright else WD_ORIENT.LANDSCAPE


def repeat_head(table):
    """Have a table's first row stand on each page it runs over, and no row broken by one."""
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def empty_document(title):
    document = Document()
    document.core_properties.title = title[:255]
    document.core_properties.author = document.core_properties.comments = ""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2.2)
    styles = document.styles
    styles["Normal"].font.name = "Calibri"
    styles["Normal"].font.size = Pt(11)
    styles["Normal"].element.rPr.rFonts.set(qn("w:eastAsia"), "Microsoft YaHei")
    about = styles.add_style("About", WD_STYLE_TYPE.PARAGRAPH)
    about.base_style = styles["Normal"]
    about.font.color.rgb = QUIET
    about.paragraph_format.space_after = Pt(2)
    turn = styles.add_style("Turn", WD_STYLE_TYPE.PARAGRAPH)
    turn.base_style = styles["Normal"]
    turn.paragraph_format.left_indent = NUMBERS_WIDTH
    turn.paragraph_format.first_line_indent = -NUMBERS_WIDTH
    turn.paragraph_format.tab_stops.add_tab_stop(NUMBERS_WIDTH)
    turn.paragraph_format.space_after = Pt(8)
    listed = styles.add_style("Legend", WD_STYLE_TYPE.PARAGRAPH)
    listed.base_style = about
    listed.font.size = Pt(9.5)
    listed.paragraph_format.tab_stops.add_tab_stop(
        section.page_width - section.left_margin - section.right_margin, WD_TAB_ALIGNMENT.RIGHT
    )
    return document


def _legend_line(code, number):
    return parse_xml(
        f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Legend"/></w:pPr><w:r><w:rPr>{_shade(_tint(code.look))}</w:rPr>'
        f'<w:t xml:space="preserve">    </w:t></w:r><w:r><w:t xml:space="preserve">  {_xml(_path(code))}</w:t><w:tab/>'
        f"<w:t>{number}</w:t></w:r></w:p>"
    )


def _path(code):
    return " > ".join(code.path)


def _xml(text):
    return escape(legal(text))


def _attribute(text):
    return quoteattr(legal(text))


def _tint(look):
    """A code's hue, four fifths of it white."""
    colour = HEX[look.split()[0].removeprefix("hue-")]
    return "".join(f"{255 - (255 - int(colour[at : at + 2], 16)) // 5:02X}" for at in (1, 3, 5))


def _shade(fill):
    return f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>'


class _Writer:
    """Writes paragraphs, and gathers the comments on them."""

    def __init__(self, text, codes, coders):
        self.text = text
        self.paths = {pk: _xml(_path(code)) for pk, code in codes.items()}
        self.shades = {pk: _shade(_tint(code.look)) for pk, code in codes.items()}
        self.coders = {
            pk: f"w:author={_attribute(name)} w:initials={_attribute(name[:2].upper())}"
            for pk, name in coders.items()
        }
        self.comments = []
        self.ids = {}

    def paragraphs(self, blocks: Iterable[Block]):
        """The blocks as elements, without those that show nothing."""
        for block in blocks:
            runs = "".join(self.run(run, block) for run in block.runs)
            if runs:
                number = f"<w:r><w:rPr>{COLOUR}</w:rPr><w:t>{block.number or ''}</w:t><w:tab/></w:r>"
                yield parse_xml(
                    f'<w:p {nsdecls("w")}><w:pPr><w:pStyle w:val="Turn"/></w:pPr>{number}{runs}</w:p>'
                )

    def run(self, run, block):
        opens = "".join(self.open(passage) for passage in run.opens)
        closes = "".join(self.close(passage) for passage in run.closes)
        words = block.words(run, self.text)
        return f"{opens}{self.words(run, words) if words else ''}{closes}"

    def words(self, run, words):
        bold = "<w:b/>" if run.part == LABEL else EMPHASIS.get(run.kind, "")
        shade = ""
        if run.depth:
            shade = self.shades[run.code] if run.depth == 1 else _shade(DEPTHS[min(run.depth, 4) - 2])
        return f"<w:r><w:rPr>{bold}{shade}</w:rPr>{_text(words)}</w:r>"

    def open(self, passage: Passage):
        first = len(self.comments)
        self.comments += [
            f'<w:comment w:id="{first + number}" {self.coders[coding.coder]}{_date(coding.at)}>'
            f"<w:p><w:r><w:t>{self.paths[coding.code]}</w:t></w:r></w:p></w:comment>"
            for number, coding in enumerate(passage.codings)
        ]
        self.ids[passage.number] = range(first, len(self.comments))
        return "".join(f'<w:commentRangeStart w:id="{pk}"/>' for pk in self.ids[passage.number])

    def close(self, passage: Passage):
        return "".join(
            f'<w:commentRangeEnd w:id="{pk}"/><w:r><w:commentReference w:id="{pk}"/></w:r>'
            for pk in self.ids.pop(passage.number)
        )


def _text(words):
    """Runs keep no line ends or tabs of their own."""
    pieces = re.split("([\n\t])", words)
    marks = {"\n": "<w:br/>", "\t": "<w:tab/>"}
    return "".join(
        marks.get(piece) or f'<w:t xml:space="preserve">{_xml(piece)}</w:t>' for piece in pieces if piece
    )


def _date(at: datetime | None):
    return f' w:date="{at:%Y-%m-%dT%H:%M:%SZ}"' if at else ""
