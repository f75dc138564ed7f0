"""How codebooks stand in the cells of a table."""

import re

from .exports import path_text

# what a spreadsheet would run, however often it was quoted before
_RUNS = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def unquoted(cell):
    """A cell as it was before ``quoted``."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell


def quoted(cell):
    """A cell that no spreadsheet runs as a formula: an apostrophe before a leading = + - @, tab or line end."""
    return f"'{cell}" if _RUNS.match(cell) else cell


def parent_cell(above, names):
    """How a table names a parent, given by its path: by its name where that is unique in ``names``, a Counter.

    A name in which a path would be read is written as a path, so that it is read back as what it is.
    """
    if not above:
        return ""
    return above[-1] if names[above[-1]] == 1 and not set(above[-1]) & {">", "\\"} else path_text(above)


def path_of(text):
    """The names of a path, as in "Family > Code", however it is spaced; ``\\>`` and ``\\\\`` stand in names."""
    names = [""]
    for part in re.split(r"(\\[\\>]|>)", text):
        if part == ">":
            names.append("")
        else:
            names[-1] += part[1:] if re.fullmatch(r"\\[\\>]", part) else part
    return tuple(" ".join(name.split()) for name in names)
