"""What happens to codes and coded segments, in a reader's words."""

from django.db.models import CharField, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from interviews import trail
from interviews.narrate import name_fields, places, sentence, undo_sentences

from . import codebook
from .models import Segment

name_fields["code"] = name_fields["result"] = "name"
name_fields["codedsegment"] = "tag__name"
name_fields["segment"] = Concat("start", Value("–"), "end", output_field=CharField())


@places("code")
def _code_places(pks, study):
    found = study.codes.filter(pk__in=pks).values_list("pk", flat=True)
    return {pk: f"{reverse('coding:codebook', args=[study.slug])}?code={pk}" for pk in found}


def _codes(study):
    tree = codebook.in_tree_order(study.codes.all())
    return _("Codes"), [(f"code:{code.pk}", "\u2003" * depth + code.name) for depth, code in tree]


trail.lists.insert(0, _codes)


@places("segment")
def _segment_places(pks, study):
    kept = Segment.objects.filter(pk__in=pks, transcript__study=study, transcript__removed_at=None)
    return {
        pk: f"{reverse('coding:transcript', args=[transcript])}#at{start}-{end}"
        for pk, transcript, start, end in kept.values_list("pk", "transcript", "start", "end")
    }


def _code(story):
    """The name of the code that was applied, with the number of the others in the same step."""
    rows = story.rows("codedsegment")
    name = story.referred("codedsegment", "tag_id")
    return name if len(rows) < 2 else _("%(code)s and %(n)d more") % {"code": name, "n": len(rows) - 1}


@sentence("apply")
def _apply(story):
    return format_html(
        _("coded <b>{code}</b> in {transcript}"), code=_code(story), transcript=story.transcript
    )


@sentence("withdraw")
def _withdraw(story):
    return format_html(
        _("took <b>{code}</b> off in {transcript}"), code=_code(story), transcript=story.transcript
    )


@sentence("resize")
def _resize(story):
    return format_html(_("moved the ends of a coding in {transcript}"), transcript=story.transcript)


@sentence("recode")
def _recode(story):
    return format_html(
        _("gave a passage in {transcript} the code <b>{code}</b> instead"),
        code=_code(story),
        transcript=story.transcript,
    )


@sentence("code-found", kind="coding")
def _code_found(story):
    code = story.name(story.event.target)
    number = len(story.rows("codedsegment"))
    if not number:
        return format_html(_("coded passages found by a search with <b>{code}</b>"), code=code)
    return format_html(
        ngettext(
            "coded {n} passage found by a search with <b>{code}</b>",
            "coded {n} passages found by a search with <b>{code}</b>",
            number,
        ),
        n=number,
        code=code,
    )


@sentence("keep-result")
def _keep_result(story):
    return format_html(_("kept the result <b>{}</b>"), story.target)


@sentence("remove-result")
def _remove_result(story):
    return format_html(_("removed the result <b>{}</b>"), story.target)


@sentence("split")
def _split(story):
    return format_html(_("split a coding in {transcript}"), transcript=story.transcript)


@sentence("merge")
def _merge(story):
    return format_html(_("merged two codings in {transcript}"), transcript=story.transcript)


@sentence("settle-passages", kind="coding")
def _settle_passages(story):
    number = len(story.rows("segment"))
    return format_html(
        ngettext(
            "looked at a passage whose words were changed, in <b>{}</b>",
            "looked at passages whose words were changed, in <b>{}</b>",
            number,
        ),
        story.target,
    )


def _redo(story):
    is_back = any(after for _key, _before, after in story.rows("codedsegment"))
    return (_apply if is_back else _withdraw)(story)


undo_sentences["apply"] = undo_sentences["withdraw"] = _redo


@sentence("create-code")
def _create_code(story):
    return format_html(_("added the code <b>{}</b>"), story.target)


PARTS = {
    "definition": gettext_lazy("the definition"),
    "include": gettext_lazy("when to use it"),
    "exclude": gettext_lazy("when not to use it"),
    "example": gettext_lazy("the example"),
    "colour": gettext_lazy("the colour"),
    "origin": gettext_lazy("the origin"),
    "asked_of": gettext_lazy("of whom it was asked"),
}


@sentence("edit-code")
def _edit_code(story):
    before, after = (images.get(story.event.target, {}) for images in (story.before, story.after))
    if "name" in before and "name" in after:
        renamed = _("renamed the code <b>{old}</b> to <b>{new}</b>")
        if "parent_id" in after:
            renamed = _("renamed the code <b>{old}</b> to <b>{new}</b> and moved it")
        return format_html(renamed, old=before["name"], new=after["name"])
    if "parent_id" in after:
        return format_html(
            _("moved the code <b>{code}</b> from {old} to {new}"),
            code=story.target,
            old=_where(story, before.get("parent_id")),
            new=_where(story, after["parent_id"]),
        )
    changed = [words for name, words in PARTS.items() if name in after]
    if len(changed) == 1:
        return format_html(_("changed <b>{code}</b>: {part}"), code=story.target, part=changed[0])
    return format_html(_("changed the code <b>{}</b>"), story.target)


def _codes_that(story, changed):
    """The name of the code an event is about, and how many others it did the same to: those where a field changed."""
    others = [
        key for key, _before, after in story.rows("code") if changed in after and key != story.event.target
    ]
    if not others:
        return story.target
    return ngettext("%(code)s and %(n)d other", "%(code)s and %(n)d others", len(others)) % {
        "code": story.target,
        "n": len(others),
    }


@sentence("move-code")
def _move_code(story):
    before, after = (images.get(story.event.target, {}) for images in (story.before, story.after))
    if "parent_id" in after:
        return format_html(
            _("moved <b>{code}</b> from {old} to {new}"),
            code=_codes_that(story, "parent_id"),
            old=_where(story, before.get("parent_id")),
            new=_where(story, after["parent_id"]),
        )
    if "order" in after and before.get("order") is not None:
        return format_html(
            _("moved <b>{code}</b> from place {old} to place {new} among its siblings"),
            code=story.target,
            old=before["order"],
            new=after["order"],
        )
    return format_html(_("moved <b>{}</b> in the codebook"), story.target)


def _where(story, parent):
    return format_html(_("under {}"), story.name(f"code:{parent}")) if parent else _("the top")


@sentence("reorder-codes", kind="codebook")
def _reorder_codes(story):
    return _("changed the order of the codebook")


@sentence("retire-code")
def _retire_code(story):
    return format_html(_("retired the code <b>{}</b>"), _codes_that(story, "retired_at"))


@sentence("restore-code")
def _restore_code(story):
    return format_html(_("restored the code <b>{}</b>"), _codes_that(story, "retired_at"))


@sentence("delete-code")
def _delete_code(story):
    return format_html(_("deleted the code <b>{}</b>, which was never used"), story.target)


@sentence("merge-codes")
def _merge_codes(story):
    into = story.after.get(story.event.target, {}).get("merged_into_id")
    return format_html(
        _("merged <b>{code}</b> into <b>{into}</b>"),
        code=_codes_that(story, "merged_into_id"),
        into=story.name(f"code:{into}") if into else _("another code"),
    )


@sentence("split-code", kind="codebook")
def _split_code(story):
    number = len(story.rows("codedsegment"))
    told = ngettext(
        "made the code <b>{code}</b> of {n} coded segment of another",
        "made the code <b>{code}</b> of {n} coded segments of another",
        number,
    )
    return format_html(told, code=story.target, n=number)


def _of_segments(story):
    number = len(story.rows("codedsegment"))
    return ngettext("%(n)d coded segment", "%(n)d coded segments", number) % {"n": number}


@sentence("recode-segments", kind="coding")
def _recode_segments(story):
    return format_html(
        _("gave {many} the code <b>{code}</b> instead"), many=_of_segments(story), code=story.target
    )


@sentence("add-code", kind="coding")
def _add_code(story):
    return format_html(
        _("applied <b>{code}</b> as well: {many}"), many=_of_segments(story), code=story.target
    )


@sentence("withdraw-segments", kind="coding")
def _withdraw_segments(story):
    return format_html(_("withdrew {}"), _of_segments(story))


@sentence("keep-segments", kind="coding")
def _keep_segments(story):
    return format_html(_("kept {} under codes that were changed"), _of_segments(story))


@sentence("duplicate-code", kind="codebook")
def _duplicate_code(story):
    return format_html(_("made <b>{}</b>, a copy of another code"), story.target)


@sentence("import-codebook", kind="codebook")
def _import_codebook(story):
    number = len(story.rows("code"))
    if not number:
        return _("imported a codebook")
    return ngettext("imported a codebook (%(n)d code)", "imported a codebook (%(n)d codes)", number) % {
        "n": number
    }


@sentence("import-coded-segments", kind="coding")
def _import_coded_segments(story):
    number = len(story.rows("codedsegment"))
    if not number:
        return _("imported coded segments")
    return ngettext("imported %(n)d coded segment", "imported %(n)d coded segments", number) % {"n": number}


def _erased(story):
    return story.after.get(f"noted:{story.event.action}", {})


@sentence("erase-transcript")
def _erase_transcript(story):
    about = _erased(story)
    return _("erased a transcript for good: %(words)s words, %(coded)s coded segments, %(memos)s memos") % {
        "words": about.get("words", 0),
        "coded": about.get("codedsegment", 0),
        "memos": about.get("memo", 0),
    }


@sentence("erase-respondent")
def _erase_respondent(story):
    number = _erased(story).get("codedsegment", 0)
    return _("erased a respondent for good: %(coded)s coded segments are nobody’s now") % {"coded": number}


EXPORTS = {
    "coded-segments.csv": gettext_lazy("exported coded segments as CSV"),
    "coded-segments.xlsx": gettext_lazy("exported coded segments as XLSX"),
    "crosstab.csv": gettext_lazy("exported a cross-tabulation as CSV"),
    "crosstab.xlsx": gettext_lazy("exported a cross-tabulation as XLSX"),
    "picture.svg": gettext_lazy("took along a picture as SVG"),
    "crosstab.svg": gettext_lazy("took along a cross-tabulation as SVG"),
    "matrix.csv": gettext_lazy("exported a code by respondent matrix as CSV"),
    "matrix.xlsx": gettext_lazy("exported a code by respondent matrix as XLSX"),
    "codebook.csv": gettext_lazy("exported the codebook as CSV"),
    "codebook.xlsx": gettext_lazy("exported the codebook as XLSX"),
    "codebook.qdc": gettext_lazy("exported the codebook as REFI-QDA"),
    "codebook.txt": gettext_lazy("exported the codebook as an indented list"),
    "codebook.html": gettext_lazy("exported the codebook as HTML"),
    "codebook.docx": gettext_lazy("exported the codebook as DOCX"),
    "codebook.study": gettext_lazy("took the codebook into another study"),
    "history.csv": gettext_lazy("exported the history as CSV"),
    "cooccurrence.csv": gettext_lazy("exported the co-occurrence of codes as CSV"),
    "cooccurrence.xlsx": gettext_lazy("exported the co-occurrence of codes as XLSX"),
    "report.docx": gettext_lazy("exported a report as DOCX"),
    "report.html": gettext_lazy("exported a report as HTML"),
    "coded.html": gettext_lazy("exported <b>{transcript}</b> with its codings as HTML"),
    "coded.docx": gettext_lazy("exported <b>{transcript}</b> with its codings as DOCX"),
}


@sentence("export", kind="export")
def _export(story):
    about = next(iter(story.after.values()), {})
    told = format_html(EXPORTS[about["file"]], transcript=story.transcript)
    if about["file"].startswith("report"):
        number = ngettext("%(n)s result", "%(n)s results", about["rows"]) % {"n": about["rows"]}
    elif about["file"].startswith(("crosstab", "matrix", "picture", "cooccurrence")):
        number = ngettext("%(n)s row", "%(n)s rows", about["rows"]) % {"n": about["rows"]}
    elif about["file"] == "history.csv":
        number = ngettext("%(n)s change", "%(n)s changes", about["rows"]) % {"n": about["rows"]}
    elif about["file"].startswith("codebook"):
        number = ngettext("%(n)s code", "%(n)s codes", about["rows"]) % {"n": about["rows"]}
    else:
        number = ngettext("%(n)s coding", "%(n)s codings", about["rows"]) % {"n": about["rows"]}
    kept = about.get("withheld") and ngettext(
        "%(n)s segment withheld", "%(n)s segments withheld", about["withheld"]
    ) % {"n": about["withheld"]}
    return format_html("{}: {}", told, ", ".join(filter(None, (number, kept, about["filters"]))))


@sentence("restrict-passage")
def _restrict_passage(story):
    return format_html(_("restricted a passage in <b>{}</b>"), story.transcript)


@sentence("lift-restriction")
def _lift_restriction(story):
    return format_html(_("let readers see a restricted passage in <b>{}</b> again"), story.transcript)


@sentence("settle-restriction")
def _settle_restriction(story):
    return format_html(_("looked at a restricted passage in <b>{}</b> after an edit"), story.transcript)


@sentence("write-memo")
def _write_memo(story):
    image = story.after.get(story.event.target, {})
    if not image.get("shared"):
        return _("wrote a private memo")
    if image.get("code_id"):
        return format_html(_("wrote a memo on the code <b>{}</b>"), story.name(f"code:{image['code_id']}"))
    if story.event.transcript_id:
        return format_html(_("wrote a memo in {transcript}"), transcript=story.transcript)
    return _("wrote a memo")


@sentence("edit-memo")
def _edit_memo(story):
    return _("changed a memo")


@sentence("delete-memo")
def _delete_memo(story):
    return _("deleted a memo")
