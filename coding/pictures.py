"""What the pictures of a study show, read from the database; where it stands is analysis.pictures' task."""

from collections import Counter, defaultdict
from dataclasses import replace
from typing import NamedTuple

from django.db.models import Count, Min
from django.db.models.functions import Length, TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interviews.models import Transcript

from .analysis import pictures
from .analysis.pictures import Lane, Picture
from .queries.crosstab import cross_tabulate
from .queries.frame import Frame
from .queries.question import Question, asked_codes, asked_people, coded_rows
from .shown import full_label

PER_PAGE = 40
PICTURES = {
    "strips": (
        gettext_lazy("Codes along the transcripts"),
        gettext_lazy("Each strip is a transcript from its first word to its last; each lane in it a code."),
    ),
    "respondents": (
        gettext_lazy("Codes per respondent"),
        gettext_lazy(
            "How many coded segments each respondent has, by code: a talkative respondent has a long bar."
        ),
    ),
    "types": (
        gettext_lazy("Codes by respondent type"),
        gettext_lazy("Of the respondents of each type, how many have at least one passage with the code."),
    ),
    "time": (
        gettext_lazy("Coding over time"),
        gettext_lazy("How far coding had come by each day, week or month, and when codes were first used."),
    ),
}


class Drawing(NamedTuple):
    """A picture, and beside each row of its table where it leads (an address, or nothing), and what it is of: the id of
    a transcript, respondent or code, or a day.
    """

    picture: Picture
    links: list[str]
    keys: list


def lanes_of(frame: Frame, question: Question) -> tuple[list[Lane], dict[int, int]]:
    """The codes that have a place of their own, and in which place each code is drawn.

    All families; or, where one code is asked for, it and its children.
    """
    codes = asked_codes(frame, question)
    heads = [code for code in codes if question.code in (code.id, code.parent)]
    if question.code is None:
        heads = [code for code in codes if code.parent is None]
    used = [head for head in heads if not head.retired]
    place = {}
    for number, head in enumerate(used):
        below = {head.id} if head.id == question.code else frame.subtree(head.id)
        place |= dict.fromkeys(below, number)
    return [Lane(head.name, head.look) for head in used], place


def strips(study, frame: Frame, question: Question, page: int) -> Drawing:
    lanes, place = lanes_of(frame, question)
    shown = _page(_transcripts(frame, question), page)
    rows = _of_people(coded_rows(frame, question, place), frame, question)
    found = defaultdict(lambda: defaultdict(set))
    for transcript, code, start, end in (
        rows.filter(content_object__transcript__in=shown)
        .order_by()
        .values_list(
            "content_object__transcript_id", "tag_id", "content_object__start", "content_object__end"
        )
    ):
        found[transcript][place[code]].add((start, end))
    lengths = dict(
        Transcript.objects.filter(study=study, pk__in=shown)
        .annotate(length=Length("text"))
        .order_by()
        .values_list("pk", "length")
    )
    listed = [(frame.transcripts[pk], lengths[pk], found[pk]) for pk in shown]
    links = [reverse("coding:transcript", args=[pk]) for pk in shown]
    return Drawing(pictures.strips(listed, lanes, [_("Transcript")]), links, shown)


def per_respondent(study, frame: Frame, question: Question, page: int) -> Drawing:
    lanes, place = lanes_of(frame, question)
    people = _page(_by_type(frame, question), page)
    rows = coded_rows(frame, question, place).filter(respondent__in=[person.id for person in people])
    numbers = defaultdict(Counter)
    for code, respondent, n in rows.order_by().values_list("tag_id", "respondent_id").annotate(n=Count("*")):
        numbers[respondent][place[code]] += n
    names = {**dict(frame.types), "": _("No type")}
    groups = defaultdict(list)
    for person in people:
        groups[names[person.type]].append(
            (person.pseudonym, [numbers[person.id][number] for number in range(len(lanes))])
        )
    heads = [_("Respondent"), _("Respondent type"), _("Coded segments")]
    links = [reverse("coding:transcript", args=[person.transcripts[0]]) for person in people]
    return Drawing(pictures.bars(list(groups.items()), lanes, heads), links, [person.id for person in people])


def by_type(study, frame: Frame, question: Question, page: int) -> Drawing:
    table = cross_tabulate(study, frame, replace(question, count="respondents"))
    rows = [(Lane(row.code.name, row.code.look), row.code.depth, _shares(table, row)) for row in table.rows]
    columns = [(full_label(column), column.n) for column in table.columns]
    query = reverse("coding:query", args=[study.slug])
    links = [f"{query}?cell={row.code.id}" for row in table.rows]
    return Drawing(
        pictures.shares(columns, rows, _("{n} of {base}"), [_("Code")]),
        links,
        [row.code.id for row in table.rows],
    )


def _shares(table, row):
    """For each column how many of how many mention the code; None where nobody was asked."""
    asked = row.below
    return [
        None if there and not people and not n else (n - beside, base)
        for n, base, people, there, beside in zip(
            row.cells[:-1], asked.bases, asked.people, table.people, asked.beside, strict=False
        )
    ]


def over_time(study, frame: Frame, question: Question, page: int) -> Drawing:
    """Transcripts begun, codes in use, and the share of the text that is covered, by each day of coding."""
    codes = [code.id for code in asked_codes(frame, question)]
    rows = _of_people(coded_rows(frame, question, codes), frame, question).order_by()
    transcripts = _transcripts(frame, question)
    first_coded = rows.filter(content_object__transcript__in=transcripts).values("content_object__transcript")
    first_used = rows.values("tag")
    begun = _days(first_coded)
    in_use = _days(first_used)
    length, covered = _coverage(rows, transcripts)
    percent = {day: 100 * n / length for day, n in covered.items()} if length else {}
    unit, period_of = pictures.periods({*begun, *in_use, *percent})
    picture = pictures.steps(
        [
            (_("Transcripts with a coding"), len(transcripts), pictures.summed(begun, period_of)),
            (_("Codes used at least once"), len(codes), pictures.summed(in_use, period_of)),
            (_("Text that is coded, per cent"), 100, _rounded(pictures.summed(percent, period_of))),
        ],
        [{"day": _("Day"), "week": _("Week from"), "month": _("Month from")}[unit]],
    )
    return Drawing(picture, [""] * len(picture.table.rows), [row[0] for row in picture.table.rows])


def _days(firsts):
    """How many of what a queryset groups by came up first on each day."""
    return Counter(
        day for day in firsts.annotate(day=TruncDate(Min("created_at"))).values_list("day", flat=True)
    )


def _rounded(points):
    return [(day, round(number, 1)) for day, number in points]


def _coverage(rows, transcripts):
    """The length of the transcripts together, and how much of it was first covered on each day."""
    lengths = Transcript.objects.filter(pk__in=transcripts).order_by().values_list(Length("text"), flat=True)
    found = defaultdict(list)
    for transcript, start, end, day in (
        rows.filter(content_object__transcript__in=transcripts)
        .values_list("content_object__transcript_id", "content_object__start", "content_object__end")
        .annotate(day=TruncDate(Min("created_at")))
    ):
        found[transcript].append((start, end, day))
    covered = Counter()
    for segments in found.values():
        covered.update(pictures.first_covered(segments))
    return sum(lengths), covered


def _transcripts(frame, question):
    """The transcripts asked about, by title: those of the asked respondents, or all."""
    if not question.filters_people:
        return list(frame.transcripts)
    of_people = {pk for person in asked_people(frame, question) for pk in person.transcripts}
    return [pk for pk in frame.transcripts if pk in of_people]


def _of_people(rows, frame, question):
    if not question.filters_people:
        return rows
    return rows.filter(respondent__in=[person.id for person in asked_people(frame, question)])


def _by_type(frame, question):
    order = {key: number for number, (key, _name) in enumerate(frame.types)}
    return sorted(asked_people(frame, question), key=lambda person: order.get(person.type, len(order)))


def _page(listed, page):
    return listed[(page - 1) * PER_PAGE : page * PER_PAGE]


def pages_of(name: str, frame: Frame, question: Question) -> int:
    many = {"strips": len(_transcripts(frame, question)), "respondents": len(asked_people(frame, question))}
    return max(1, -(-many.get(name, 0) // PER_PAGE))


MAKERS = {"strips": strips, "respondents": per_respondent, "types": by_type, "time": over_time}
