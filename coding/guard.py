"""The confidentiality guard: what a file says of respondents, and whom that may make known.

A respondent is hidden among all respondents of the study of whom a file says the same, fewer than ``study.least_group``
being too few. A filter says something of everybody in the file, too.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .analysis.guard import small_groups
from .columns import BY_RESPONDENT, BY_TYPE, OF_ROWS
from .queries.crosstab import cross_tabulate
from .queries.frame import Frame, Person
from .queries.question import Question, asked_people, columns_of
from .shown import full_label

MOST_NAMED = 12


@dataclass(frozen=True)
class Guard:
    """``small`` are the combinations that too few share, each with how many do; ``of`` are the ids of those people."""

    least: int
    small: list[tuple[str, int]]
    of: frozenset[int] = frozenset()


def known(frame: Frame) -> list[tuple[str, str]]:
    """What can be said of respondents besides their pseudonym, as ``[(key, name)]``."""
    return [(BY_TYPE, _("Respondent type")), *((choice.key, choice.name) for choice in frame.attributes)]


def chosen(frame: Frame, params, otherwise=None) -> tuple[str, ...]:
    """What an address chooses by ``attribute`` of what is known; where it says nothing, ``otherwise``, or all."""
    keys = [key for key, _name in known(frame)]
    if "attribute" not in params:
        return tuple(keys if otherwise is None else otherwise)
    return tuple(key for key in keys if key in params.getlist("attribute"))


def chosen_by_hand(frame: Frame, params) -> tuple[str, ...] | None:
    """What an address chooses, None where it chooses nothing."""
    return chosen(frame, params) if "attribute" in params else None


def said_of(frame: Frame, person: Person, shown: Iterable[str]) -> tuple[str, ...]:
    """What is said of a respondent, in the order of the attributes: ``("Returnee", "Suzhou")``."""
    found = []
    if BY_TYPE in shown:
        found.append(dict(frame.types).get(person.type, ""))
    for choice in frame.attributes:
        if choice.key in shown:
            value = person.values.get(choice.key, "")
            if choice.kind == "yes_no" and value:
                label = choice.name if value == "yes" else _("not %(name)s") % {"name": choice.name}
            else:
                label = dict(choice.values).get(value, value)
            found.append(str(label))
    return tuple(found)


def of_people(study, frame: Frame, question: Question, shown: Iterable[str], people: Iterable[int]) -> Guard:
    """Of a file that says of these respondents (ids) what is ``shown``, and that they are among the asked ones."""
    asked = asked_people(frame, question)
    if not (shown or question.filters_people):
        return Guard(study.least_group, [])
    described = {person.id: said_of(frame, person, shown) for person in asked}
    small = small_groups(described, people, study.least_group)
    values = {group for group, _many in small}
    return Guard(
        study.least_group,
        [(_words(group), many) for group, many in small],
        frozenset(pk for pk in people if described.get(pk) in values),
    )


def _words(values):
    return ", ".join(value for value in values if value) or _("nothing known")


def of_table(study, frame: Frame, question: Question) -> Guard:
    """Of a table whose columns are kinds of respondents: the columns of too few. Where a column is a respondent, a
    transcript or a coder, only the filter says something.
    """
    return of_heads(study, heads_of(frame, question))


def of_heads(study, heads: Iterable[tuple[str, int]]) -> Guard:
    least = study.least_group
    return Guard(least, [(label, many) for label, many in heads if 0 < many < least])


def heads_of(frame: Frame, question: Question) -> list[tuple[str, int]]:
    """What a table says of respondents, and of how many."""
    if says_of_people(question):
        return [(full_label(head), len(head.people)) for head in columns_of(frame, question, None)]
    many = len(asked_people(frame, question))
    return [(_("everybody in it"), many)] if question.filters_people else []


def of_filter(study, frame: Frame, question: Question) -> Guard:
    """Of a file that says nothing of respondents but the filter."""
    return of_table(study, frame, replace(question, by=BY_RESPONDENT))


def says_of_people(question: Question) -> bool:
    return question.by not in (*OF_ROWS, BY_RESPONDENT)


def bearers(study, frame: Frame, question: Question) -> dict[int, tuple[list[int], list[int]]]:
    """How many respondents bear each code in each column of a table that says something of them, whatever it counts:
    by itself, and with the codes below.
    """
    if not says_of_people(question):
        return {}
    table = cross_tabulate(study, frame, replace(question, count="respondents"))
    many = len(columns_of(frame, question, None))
    return {row.code.id: (list(row.own[:many]), list(row.cells[:many])) for row in table.rows}


@dataclass(frozen=True)
class Few:
    """Numbers of columns that describe too few respondents; and by code those in which somebody bears it, but too few
    do: by itself, and with the codes below.
    """

    columns: set[int] = field(default_factory=set)
    cells: dict[int, tuple[set[int], set[int]]] = field(default_factory=dict)


def few_of(study, frame: Frame, question: Question) -> Few:
    """The small columns and cells of a table."""
    if not says_of_people(question):
        return Few()
    least, found = study.least_group, bearers(study, frame, question)
    cells = {code: (small(own, least), small(below, least)) for code, (own, below) in found.items()}
    return Few(small([many for _label, many in heads_of(frame, question)], least), cells)


def small(numbers: Iterable[int], least: int) -> set[int]:
    """Which of some numbers of respondents are too few, by their place."""
    return {place for place, many in enumerate(numbers) if 0 < many < least}


def lines(guard: Guard, frame: Frame | None = None, shown: Iterable[str] = ()) -> list[tuple[str, str]]:
    """What a file says of itself: ``[(heading, words)]``, with what it says of respondents where a frame is given."""
    found = []
    if frame is not None:
        names = [name for key, name in known(frame) if key in shown]
        found.append((_("Said of respondents"), ", ".join(names) or _("nothing but the pseudonym")))
    return [*found, (_("Small groups"), warning(guard) or _("none"))]


def lines_of_table(study, frame: Frame, question: Question) -> list[tuple[str, str]]:
    """``lines`` of a workbook's table, in which small columns and cells are marked."""
    found = lines(of_table(study, frame, question))
    if says_of_people(question):
        marked = _("columns and cells of fewer than %(least)s respondents are in underlined italics")
        found.append((_("Marked"), marked % {"least": study.least_group}))
    return found


def warning(guard: Guard) -> str:
    """One sentence, or nothing."""
    if not guard.small:
        return ""
    named = [f"{words} ({many})" for words, many in guard.small[:MOST_NAMED]]
    if len(guard.small) > MOST_NAMED:
        more = len(guard.small) - MOST_NAMED
        named.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return _("fewer than %(least)s respondents of the study share: %(groups)s") % {
        "least": guard.least,
        "groups": get_text_list(named, _("and")),
    }
