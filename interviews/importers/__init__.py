"""Files in: bytes become an ImportedText, one module a format.

A format is a module with ``reads(data) -> bool``, which looks at the bytes, and
``read(name, data, encoding) -> ImportedText``. A new one is added to FORMATS.
"""

from pathlib import PurePath

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from interviews.importers import captions, epub, foreign, odt, pdf, plain, rtf, sheets, webpage, word
from interviews.importers.base import Columns, ImportedText, Mark, NeedsColumns, NeedsEncoding, Unreadable

__all__ = ["Columns", "ImportedText", "Mark", "NeedsColumns", "NeedsEncoding", "Unreadable", "read_file"]

# asked in this order; plain takes what no other knows
FORMATS = (word, odt, epub, pdf, rtf, webpage, captions, sheets, foreign, plain)


TABLES = {".csv", ".tsv"}
NOT_PLAIN = {".doc", ".docx", ".epub", ".odt", ".pdf", ".rtf", ".xlsx"}  # endings that promise more than text


def read_file(
    name: str, data: bytes, *, encoding: str | None = None, columns: Columns | None = None
) -> ImportedText:
    """Read a transcript, deciding by its bytes what it is; the name helps where they may be text or table.

    ``encoding`` is a person's choice for text that is not Unicode, ``columns`` for a table. Raises Unreadable, whose
    sentence says what to do, and NeedsEncoding or NeedsColumns where such a choice has to be made.
    """
    if len(data) > settings.MAX_UPLOAD_BYTES:
        raise Unreadable(
            format_lazy(
                _("This file has {size}; the limit is {limit}. Take pictures out of it or split it."),
                size=filesizeformat(len(data)),
                limit=filesizeformat(settings.MAX_UPLOAD_BYTES),
            )
        )
    if not data:
        raise Unreadable(plain.EMPTY)
    if columns is not None:
        return sheets.read(name, data, encoding, columns)
    format = next(format for format in FORMATS if format.reads(data))
    ending = PurePath(name).suffix.lower()
    if format is plain and ending in TABLES and sheets.is_grid(data):
        format = sheets
    found = format.read(name, data, encoding)
    if format is plain and ending in NOT_PLAIN:
        found.warnings.append(
            format_lazy(
                _("Its name ends in {ending}, but it is plain text: look at what was read."), ending=ending
            )
        )
    return found
