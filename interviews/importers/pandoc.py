"""Documents read by pandoc: its tree becomes text laid out as our plain transcripts are.

A paragraph a line, an empty line between two, the paragraphs before the first speaker label as a header block.
"""

import json
from typing import IO

import pypandoc

from interviews.importers import apart, plain
from interviews.importers.base import ImportedText, Unreadable
from interviews.importers.wordtree import Reader
from interviews.turns import find_turns

ARGUMENTS = ["--sandbox", "--to=json"]
MEMORY = "512M"


def read(
    document: IO[bytes], format: str, arguments: tuple[str, ...] = (), *, front: bool = True
) -> ImportedText:
    """Read a checked document. ``front``: whether its title and author are paragraphs of it.

    Raises Unreadable where pandoc fails or passes a limit.
    """
    command = [pypandoc.get_pandoc_path(), *ARGUMENTS, f"--from={format}", *arguments]
    output = apart.output_of([*command, "+RTS", f"-M{MEMORY}", "-RTS"], document)
    try:
        tree = Reader(json.loads(output), front=front)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(apart.DAMAGED) from error
    text, marks, comments = tree.laid_out()
    plain.check_text(text)
    format = format.partition("-")[0]
    warnings = tree.warnings() + tree.warnings_of_comments()
    return ImportedText(text, find_turns(text), marks, warnings, "", comments, format)
