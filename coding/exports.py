"""CSV and XLSX files of what was found; docs/export-columns.md tells readers of the files what is in them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from interviews.csv_files import csv_cell, csv_cells, csv_of_lines, csv_response
from interviews.history import note
from interviews.models import Attribute, Respondent
from interviews.restricted import hidden_in_exports

from . import guard, segment_rows
from .analysis.faces import heat
from .columns import BY_TYPE
from .models import CodedSegment, Memo
from .queries.crosstab import CrossTable
from .queries.frame import Frame
from .queries.question import Question, asked_codes, asked_people, coded_rows
from .segment_rows import Recurring
from .shown import Shown, ShownRow, chosen_rows, full_label, lines_of
from .withheld import segments_withheld
from .workbooks import DIFFERENCE, PERCENT, WHOLE, Sheet, workbook_response

WIDE = {
    "coded_segment_id": 38,
    "transcript": 24,
    "code": 24,
    "code_path": 40,
    "created": 20,
    "quote": 80,
    "memo": 40,
}

BEFORE_ATTRIBUTES = [
    "coded_segment_id",
    "segment_id",
    "transcript",
    "respondent",
]
AFTER_ATTRIBUTES = [
    "code",
    "code_path",
    "coder",
    "created",
    "start",
    "end",
    "turn",
    "speaker",
    "quote",
    "memo",
    "code_revision",
    "withheld",
    "segments_withheld",
    "small_group",
]


@dataclass(frozen=True)
class Said:
    """What a file says of respondents beside the pseudonym: ``shown`` are keys, ``small`` the ids of those whom too few
    others are described like.
    """

    shown: tuple[str, ...]
    small: frozenset[int]

    def headings(self, taken: set[str]) -> list[str]:
        return [f"attribute_{key}" if key in taken and key != BY_TYPE else key for key in self.shown]


def note_export(study, actor, file: str, filters: str, rows: int, transcript=None, withheld=0) -> None:
    """Write into the history who took what out of the study: ``file`` is one of the kinds coding.narrate can tell."""
    with transaction.atomic():
        note(
            study,
            actor,
            "export",
            transcript or study,
            {"file": file, "filters": filters, "rows": rows, "withheld": withheld},
            transcript=transcript,
        )


def path_text(path: Iterable[str]) -> str:
    """``Team return > Team formation``; a ">" inside a name is written ``\\>``, a backslash twice."""
    return " > ".join(name.replace("\\", "\\\\").replace(">", "\\>") for name in path)


def filename(study, what: str, kind: str = "csv") -> str:
    return f"{study.slug}-{what}-{timezone.localdate().isoformat()}.{kind}"


def count_coded_segments(frame: Frame, question: Question) -> int:
    """The number of rows that ``coded_segments_csv`` writes."""
    rows = coded_rows(frame, question, [code.id for code in asked_codes(frame, question)])
    return _narrowed_to_people(rows, frame, question).count()


def coded_respondents(frame: Frame, question: Question) -> set[int]:
    """The ids of those of whom ``coded_segments_csv`` has words."""
    rows = coded_rows(frame, question, [code.id for code in asked_codes(frame, question)])
    rows = _narrowed_to_people(rows, frame, question).exclude(respondent=None)
    return set(rows.order_by().values_list("respondent_id", flat=True).distinct())


def coded_segments_csv(study, frame: Frame, question: Question, said: Said) -> StreamingHttpResponse:
    """Coded segments, one a row, by transcript (title), start, end and code path; columns in docs/export-columns.md."""
    kind = segment_rows.Kind(csv_cells, csv_cell, _csv_line)
    lines = _coded_segments(study, frame, question, said, kind)
    return csv_of_lines(filename(study, "coded-segments"), _coded_segments_header(said), lines)


def _csv_line(
    key, segment, transcript, person, code, coder, created, start, end, turn, quote, memo, revision, marks
):
    return (
        f"{key},{segment},{transcript},{person},{code},{coder},{created},{start},{end},{turn},{quote},{memo},{revision},"
        f"{marks}\r\n"
    )


def _coded_segments_header(said):
    names = said.headings({*BEFORE_ATTRIBUTES, BY_TYPE, *AFTER_ATTRIBUTES})
    return [*BEFORE_ATTRIBUTES, *names, *AFTER_ATTRIBUTES]


def coded_segments_xlsx(study, frame: Frame, question: Question, said: Said, about: list) -> FileResponse:
    """``coded_segments_csv`` with moments, dates and numbers as such; ``about`` fills the sheet "Query"."""
    header = _coded_segments_header(said)
    kinds = {choice.key: choice.kind for choice in frame.attributes}
    dates = [
        len(BEFORE_ATTRIBUTES) + place
        for place, key in enumerate(said.shown)
        if kinds.get(key) == Attribute.Kind.DATE
    ]

    def typed(key, segment, title, person, code, coder, created, start, end, turn, *others):
        quote, memo, revision, marks = others
        cells = [
            key,
            segment,
            *title,
            *person,
            *code,
            *coder,
            datetime.fromisoformat(created),
            start,
            end,
            *turn,
        ]
        for place in dates:
            cells[place] = _date(cells[place])
        return [*cells, quote, memo, revision, *marks]

    rows = _coded_segments(study, frame, question, said, segment_rows.Kind(list, str, typed))
    widths = [WIDE.get(name, 14) for name in header]
    sheet = Sheet(_("Coded segments"), header, rows, widths, frozen_columns=3)
    return workbook_response(filename(study, "coded-segments", "xlsx"), [sheet], lambda: about)


def _date(value):
    try:
        return date.fromisoformat(value)
    except ValueError:
        return value


def _coded_segments(study, frame, question, said, kind):
    codes = {code.id: (code.name, path_text(code.path)) for code in asked_codes(frame, question)}
    hidden = hidden_in_exports(study)
    withheld = segments_withheld(study, frame, question) if hidden else 0
    people = _people(study, said) | {None: [""] * (1 + len(said.shown))}
    recurring = Recurring(people, codes, said.small, _memos(study), withheld)
    coded = _asked_rows(frame, question, codes)
    return segment_rows.rows(coded, frame.transcripts, recurring, hidden, kind)


def _asked_rows(frame, question, codes):
    """What is asked for, to be narrowed to a transcript; a list of all codes would lead databases astray."""
    rows = CodedSegment.objects.all() if question.code is None else CodedSegment.objects.filter(tag__in=codes)
    if question.coders:
        rows = rows.filter(coder__in=question.coders)
    return _narrowed_to_people(rows, frame, question)


def _narrowed_to_people(rows, frame, question):
    if not question.filters_people:
        return rows
    return rows.filter(respondent__in=[person.id for person in asked_people(frame, question)])


def _people(study, said):
    """Each respondent's first cells: pseudonym, and what is said of them as it is kept."""
    rows = Respondent.objects.filter(study=study).values_list(
        "pk", "pseudonym", "respondent_type__key", "values"
    )
    return {
        pk: [name, *((kind or "") if key == BY_TYPE else _cell(values.get(key)) for key in said.shown)]
        for pk, name, kind, values in rows
    }


def _cell(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _memos(study):
    """Shared memos by coded segment; several are joined by an empty line."""
    found = defaultdict(list)
    rows = (
        Memo.objects.filter(study=study, shared=True).exclude(coded_segment=None).order_by("created_at", "pk")
    )
    for pk, text in rows.values_list("coded_segment_id", "text"):
        found[str(pk)].append(text)
    return {pk: "\n\n".join(texts) for pk, texts in found.items()}


SHOWN = {
    "n": "",
    "percent": ", per cent of n",
    "row": ", per cent of all",
    "deviation": ", difference from expected",
}


def crosstab_csv(
    study, frame: Frame, question: Question, table: CrossTable, shown: Shown, few: guard.Few
) -> StreamingHttpResponse:
    """A cross-tabulation as the page shows it; columns in docs/export-columns.md."""
    about = [question.count + SHOWN[shown.show], columns_text(question), filters_text(frame, question)]
    header = ["count", "by", "filters", "code", "path", "depth", "level"]
    keys = [column.key or "no value" for column in table.columns]
    header += [*keys, "all", "coded_segments", "small_cells", "segments_withheld"]
    withheld = segments_withheld(study, frame, question)

    def small(numbers):
        return "; ".join(keys[number] for number in sorted(numbers))

    def lines():
        for line in counted():
            yield [*line, withheld]

    def counted():
        bases = [*(column.n for column in table.columns), table.n]
        yield [*about, "", "", "", "n", *bases, table.coded, small(few.columns)]
        for line in lines_of(table, question, shown):
            row = line.row
            code = [row.code.name, path_text(row.code.path), row.code.depth]
            few_own, few_below = few.cells.get(row.code.id, ((), ()))
            yield [*about, *code, "own", *_numbers(line.own, shown), row.own_coded[-1], small(few_own)]
            if shown.with_children:
                numbers = _numbers(line.faces, shown)
                yield [*about, *code, "with_children", *numbers, row.coded[-1], small(few_below)]
            asked = row.below if shown.with_children else row.alone
            if asked.people != table.people:
                yield [*about, *code, "asked", *asked.people, "", ""]
                yield [*about, *code, "not_asked_but_said", *asked.beside, "", ""]

    return csv_response(filename(study, "crosstab"), header, lines())


def _numbers(faces, shown):
    """Numbers to reckon with, shares of however few too; "–" where nobody was asked, empty where there is no base."""
    total, total_base = faces[-1].n, faces[-1].base
    for face in faces:
        if face.kind == "not asked":
            yield "–"
        elif shown.show == "n":
            yield face.n
        elif shown.show == "deviation":
            yield round(face.n - total * face.base / total_base, 2) if total_base else ""
        else:
            base = face.base if shown.percent else total
            yield round(100 * face.n / base, 1) if base else ""


def columns_text(question: Question) -> str:
    """What takes the columns, as the address says it: ``years_abroad in 4 classes``, ``respondent_type x founder``."""
    text = question.by + (f" ({question.group})" if question.group else "")
    if question.limits:
        text += f" (from {', '.join(f'{limit:g}' for limit in question.limits)})"
    if question.across:
        text += f" x {question.across}" + (f" ({question.across_group})" if question.across_group else "")
    return text


def crosstab_xlsx(
    study, title: str, table: CrossTable, shown: Shown, lines: list[ShownRow], few: guard.Few, about: list
) -> FileResponse:
    """A cross-tabulation as the page shows it, its numbers once more as a list, and the sheet "Query"."""
    small = {code: below if shown.with_children else own for code, (own, below) in few.cells.items()}
    sheets = [_table_sheet(title, table, lines, few.columns, small), _cells_sheet(table, lines, small)]
    return workbook_response(filename(study, "crosstab", "xlsx"), sheets, lambda: about)


def _table_sheet(title, table, lines, few, small):
    def rows():
        bases = [*(column.n for column in table.columns), table.n]
        yield [("n", "quiet"), *((n, "quiet", WHOLE) for n in bases), (table.coded, "quiet", WHOLE)]
        lowest = min((line.row.code.depth for line in lines), default=0)
        for line in lines:
            level = line.row.code.depth - lowest
            style = "strong" if not level else ""
            marked = small.get(line.row.code.id, ())
            cells = [
                _face_cell(face, f"{style} small" if number in marked else style, shaded=True)
                for number, face in enumerate(line.faces[:-1])
            ]
            cells.append(_face_cell(line.faces[-1], style, shaded=False))
            yield [
                (line.row.code.name, f"indent{min(level, 7)} {style}"),
                *cells,
                (line.row.coded[-1], "", WHOLE),
            ]

    labels = [full_label(column) for column in table.columns]
    heads = [
        (label, "head right small" if number in few else "head right") for number, label in enumerate(labels)
    ]
    return Sheet(
        _("Cross-tabulation"),
        [_("Code"), *heads, (_("All"), "head right"), (_("Coded segments"), "head right")],
        rows(),
        [36, *[16] * (len(labels) + 2)],
        above=((title, "title"),),
        frozen_columns=1,
    )


def _face_cell(face, style, shaded):
    """A typed number that reads as on the page: 4 is shown as "4 of 5", 0.8 as "80%"."""
    if face.kind == "not asked":
        return "–", "blank"
    if face.kind == "nothing":
        return "–", "right"
    shade = heat(face.n, face.base) if shaded else None
    style = f"{style} heat{shade}" if shade else style
    if face.kind == "percent":
        return face.value / 100, style, PERCENT
    if face.kind == "difference":
        return face.value, style, DIFFERENCE
    if face.kind == "of":
        words = _("of %(n)s") % {"n": face.base}
        words += _(", +%(n)s not asked") % {"n": face.beside} if face.beside else ""
        return face.n, style, f'0" {words}"'
    return face.n, style, WHOLE


def _cells_sheet(table, lines, small):
    """One row a cell, for those who count on."""
    header = [
        "code",
        "path",
        "depth",
        "column",
        "column_label",
        "n",
        "of",
        "own",
        "own_of",
        "not_asked_but_said",
        "small",
    ]

    def rows():
        columns = [
            *((column.key or "no value", full_label(column)) for column in table.columns),
            ("all", _("All")),
        ]
        for line in lines:
            code = line.row.code
            marked = small.get(code.id, ())
            for number, (column, cell, own) in enumerate(zip(columns, line.faces, line.own, strict=True)):
                yield [
                    *(code.name, path_text(code.path), code.depth),
                    *column,
                    *(_counted(cell), cell.base, _counted(own), own.base, cell.beside),
                    "yes" if number in marked else "",
                ]

    return Sheet(_("Cells"), header, rows(), [28, 44, 8, 20, 24, *[10] * 6])


def _counted(face):
    return "–" if face.kind == "not asked" else face.n


def matrix_csv(study, table: CrossTable, shown: Shown, said: Said, withheld: int) -> StreamingHttpResponse:
    """Respondents in rows, codes in columns, for statistics packages; columns in docs/export-columns.md."""
    header, rows, _codes = _matrix(study, table, shown, said, withheld)
    return csv_response(filename(study, "matrix"), header, rows)


def matrix_xlsx(
    study, table: CrossTable, shown: Shown, said: Said, withheld: int, about: list
) -> FileResponse:
    """The same with a sheet that says which code each column is, and the sheet "Query"."""
    header, rows, codes = _matrix(study, table, shown, said, withheld)
    sheets = [
        Sheet(_("Matrix"), header, rows, [18] * len(header), frozen_columns=1),
        Sheet(_("Codes"), ["column", "code", "path"], codes, [32, 32, 60]),
    ]
    return workbook_response(filename(study, "matrix", "xlsx"), sheets, lambda: about)


def _matrix(study, table, shown, said, withheld):
    """Heading, rows, and ``[column, code, path]``; who was not asked of a code has an empty cell, which is no zero."""
    slugs = dict(study.codes.values_list("pk", "slug"))
    lines = chosen_rows(table, shown)
    names = [f"code_{slugs[row.code.id].replace('-', '_')}" for row in lines]
    people = _people(study, said)

    def rows():
        for number, column in enumerate(table.columns):
            numbers = []
            for row in lines:
                cells, asked = (row.cells, row.below) if shown.with_children else (row.own, row.alone)
                numbers.append(cells[number] if cells[number] or asked.people[number] else "")
            who = int(column.key)
            yield [*people[who], "yes" if who in said.small else "", withheld, *numbers]

    after = ["small_group", "segments_withheld"]
    of_people = ["respondent", *said.headings({"respondent", BY_TYPE, *after}), *after]
    header = [*of_people, *names]
    codes = [[name, row.code.name, path_text(row.code.path)] for name, row in zip(names, lines, strict=True)]
    return header, rows(), codes


def taken_text(frame: Frame, question: Question, *counted: str, said: Iterable[str] | None = None) -> str:
    """What the history tells of a file: what is ``counted``, the filters, what it was chosen to say of respondents."""
    found = [*counted, *_filters(frame, question)]
    if said is not None:
        found.append("attributes=" + ",".join(said))
    return "; ".join(found)


def filters_text(frame: Frame, question: Question) -> str:
    """The filters of a question as files and the history name them: ``coder=anna; code=Team return``."""
    return "; ".join(_filters(frame, question))


def _filters(frame, question):
    coders = dict(frame.coders)
    if question.coders:
        yield "coder=" + ",".join(coders[pk] for pk in question.coders)
    if question.code is not None:
        yield "code=" + path_text(next(code.path for code in frame.codes if code.id == question.code))
    if question.types:
        yield f"{BY_TYPE}=" + ",".join(question.types)
    if question.respondents:
        yield "respondent=" + ",".join(map(str, question.respondents))  # the history keeps no names
    for key, value in question.where:
        yield f"{key}={value}"
