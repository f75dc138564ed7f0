"""The codebook as a document for an appendix: definitions, rules, examples and counts, as HTML and as DOCX."""

import io
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from docx.shared import Cm, Pt

from interviews.turns import lang_of

from . import codebook
from .colours import looks, styles_of_file
from .documents import TYPE, empty_document, legal
from .models import Code

__all__ = ["TYPE", "docx_of", "html_of"]
DEEPEST_HEADING = 6


@dataclass
class Entry:
    """A code as the document tells it; ``total`` counts its subcodes too."""

    code: Code
    depth: int
    look: str
    path: tuple[str, ...]
    asked_of: list[str]
    own: int
    total: int
    coders: int

    @property
    def heading(self):
        return min(self.depth + 2, DEEPEST_HEADING)

    @property
    def parts(self):
        """``(name, text, language)`` of what is said about the code."""
        names = {
            "definition": _("Definition"),
            "include": _("Include"),
            "exclude": _("Exclude"),
            "example": _("Example"),
        }
        texts = ((names[part], getattr(self.code, part)) for part in names)
        return [(name, text, lang_of(text)) for name, text in texts if text]

    @property
    def about(self):
        found = []
        if self.code.origin:
            found.append(self.code.get_origin_display())
        if self.asked_of:
            found.append(_("Asked of: %(types)s") % {"types": ", ".join(self.asked_of)})
        if self.code.retired_at:
            day = date_format(timezone.localtime(self.code.retired_at), "Y-m-d")
            found.append(_("Retired on %(day)s") % {"day": day})
        found.append(self.counts)
        return found

    @property
    def counts(self):
        if not self.own and not self.total:
            return _("Not used")
        words = ngettext("%(n)d coded segment", "%(n)d coded segments", self.own) % {"n": self.own}
        if self.coders:
            words = ngettext("%(segments)s by %(n)d coder", "%(segments)s by %(n)d coders", self.coders) % {
                "segments": words,
                "n": self.coders,
            }
        if self.total > self.own:
            words = _("%(segments)s; %(n)d with its subcodes") % {"segments": words, "n": self.total}
        return words


def entries(study) -> list[Entry]:
    """The codes in use in tree order, with retired ones that were used or stand above others."""
    codes = list(study.codes.prefetch_related("asked_of"))
    uses, look_of, path_of = codebook.uses(study, "coder_id"), looks(codes), codebook.paths(codes)
    tree = list(codebook.in_tree_order(codes))
    own = {pk: sum(numbers.values()) for pk, numbers in uses.items()}
    totals = dict(own)
    for _depth, code in reversed(tree):
        if code.parent_id:
            totals[code.parent_id] = totals.get(code.parent_id, 0) + totals.get(code.pk, 0)
    shown = codebook.in_use_or_above(tree) | {code.pk for code in codes if totals.get(code.pk)}
    return [
        Entry(
            code,
            depth,
            look_of[code.pk],
            path_of[code.pk],
            [kind.name for kind in code.asked_of.all()],
            own.get(code.pk, 0),
            totals.get(code.pk, 0),
            len(uses.get(code.pk, ())),
        )
        for depth, code in tree
        if code.pk in shown
    ]


def _summary(study, found):
    number = ngettext("%(n)d code", "%(n)d codes", len(found)) % {"n": len(found)}
    return f"{number} · {date_format(timezone.localdate(), 'j F Y')}"


def html_of(study) -> str:
    """One file that needs no other: its styles are inside, and its policy forbids it to ask for anything."""
    found = entries(study)
    context = {"study": study, "entries": found, "summary": _summary(study, found)}
    context["styles"] = styles_of_file("tokens.css", "codebook-file.css")
    return render_to_string("coding/codebook_file.html", context)


def docx_of(study) -> bytes:
    title = _("Codebook")
    document = empty_document(legal(f"{title}: {study}"))
    document.add_heading(legal(title), level=0)
    found = entries(study)
    document.add_paragraph(legal(str(study)), style="About")
    document.add_paragraph(legal(_summary(study, found)), style="About")
    for entry in found:
        indent = Cm(0.6 * min(entry.depth, 6))
        heading = document.add_heading(legal(entry.code.name), level=min(entry.depth + 1, DEEPEST_HEADING))
        heading.paragraph_format.left_indent = indent
        heading.paragraph_format.keep_with_next = True
        for name, text, _lang in entry.parts:
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.left_indent = indent
            paragraph.paragraph_format.space_after = Pt(3)
            paragraph.add_run(f"{name}: ").bold = True
            paragraph.add_run(legal(text)).italic = text == entry.code.example
        about = document.add_paragraph(legal(" · ".join(entry.about)), style="About")
        about.paragraph_format.left_indent = indent
        about.paragraph_format.space_after = Pt(8)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
