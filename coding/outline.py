"""A codebook as indented plain text: a line for each code, its subcodes below it and further in."""

import re
from collections import Counter

from django.utils.translation import gettext as _

from interviews.tables import MAX_ROWS, Table, TableError

from . import codebook
from .codebook_cells import parent_cell, quoted

INDENT = "    "
_BULLET = re.compile(r"(?:[-*•–+]|\d{1,3}(?:\.\d{1,3})*[.)])\s+")


def write(codes) -> str:
    """The codes in use, in tree order; takes all codes of one study. What looks like a bullet is escaped."""
    codes = list(codes)
    tree = list(codebook.in_tree_order(codes))
    shown = codebook.in_use_or_above(tree)
    lines = [INDENT * depth + _escaped(code.name) for depth, code in tree if code.pk in shown]
    return "".join(f"{line}\n" for line in lines)


def _escaped(name):
    return f"\\{name}" if name.startswith("\\") or _BULLET.match(name) else name


def read(data: bytes) -> Table:
    """Indented text, with or without bullets, as a table of codes and parents. Raises TableError."""
    found = list(_paths(_decoded(data)))
    if not found:
        raise TableError(_("There are no codes in this text: it needs a line for each."))
    if len(found) > MAX_ROWS:
        raise TableError(_("This text has more than %(limit)d codes.") % {"limit": MAX_ROWS})
    names = Counter(path[-1] for _number, path in found)
    rows = [
        (number, {"code": quoted(path[-1]), "parent": quoted(parent_cell(path[:-1], names))})
        for number, path in found
    ]
    return Table(["code", "parent"], rows)


def _decoded(data):
    for encoding in ("utf-8-sig", "utf-16", "gb18030"):
        if encoding == "utf-16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            continue
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise TableError(_("This file is no plain text. Save it as plain text in UTF-8, and choose that."))


def _paths(text):
    """``(line number, names from the top down to the code)``; a line stands under the last one that is less far in."""
    above = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.expandtabs(4)
        name = line.strip()
        depth = len(line) - len(line.lstrip())
        if not name:
            continue
        bare = name if name.startswith("\\") else _BULLET.sub("", name, count=1)
        bare = " ".join(bare.removeprefix("\\").split())
        while above and above[-1][0] >= depth:
            above.pop()
        above.append((depth, bare))
        yield number, tuple(part for _depth, part in above)
