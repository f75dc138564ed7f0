"""Print the lines of a PDF as JSON; a program of its own, which pdf.py runs within limits.

The PDF comes on the standard input. Printed is ``{"pages": [[width, height, lines], ...]}``, where a line is
``[text, left, right, baseline]``, or ``{"refused": "password" | "damaged"}``.
"""

import ctypes
import json
import math
import sys

import pypdfium2
import pypdfium2.raw as raw

MAX_PAGES = 5_000
LINE_END = ("\r", "\n")
HYPHENS = ("\x02", "\ufffe")  # what PDFium makes of a hyphen at the end of a line


def pages(data):
    document = pypdfium2.PdfDocument(data)
    return [_page(document[number]) for number in range(min(len(document), MAX_PAGES))]


def _page(page):
    text = page.get_textpage()
    lines, characters, first = [], [], 0
    last = -1
    for index, character in enumerate(_characters(text)):
        if character in LINE_END:
            lines.append((characters, first, last))
            characters, last = [], -1
            continue
        if last < 0:
            if character.isspace():
                continue
            first = index
        characters.append("-" if character in HYPHENS else character)
        if not character.isspace():
            last = index
    lines.append((characters, first, last))
    found = [_line(text, *line) for line in lines if line[2] >= 0]
    width, height = page.get_size()
    text.close()
    page.close()
    return [_finite(width), _finite(height), found]


def _characters(text):
    """What stands at each index; at once where that is possible, for a call a character takes long."""
    count = text.count_chars()
    units = (ctypes.c_ushort * (count + 1))()
    written = raw.FPDFText_GetText(text, 0, count, units)
    if written == count + 1 and not any(0xD800 <= unit < 0xE000 for unit in units):
        return [chr(unit) for unit in units[:count]]
    return [chr(raw.FPDFText_GetUnicode(text, index)) for index in range(count)]


def _line(text, characters, first, last):
    left, bottom, right, top = (ctypes.c_double() for _ in range(4))
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text, first, x, y)
    raw.FPDFText_GetCharBox(text, last, left, right, bottom, top)
    said = "".join(characters).replace("\0", "")
    said = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # halves of rare characters
    return [said.rstrip(), *(_finite(place.value) for place in (x, right, y))]


def _finite(number):
    return round(number, 1) if math.isfinite(number) else 0.0


def main():
    try:
        answer = {"pages": pages(sys.stdin.buffer.read())}
    except pypdfium2.PdfiumError as error:
        answer = {"refused": "password" if error.err_code == raw.FPDF_ERR_PASSWORD else "damaged"}
    json.dump(answer, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
