"""Filters by respondent, alike on all pages that ask questions."""

from django.utils.translation import gettext as _

from ..columns import MOST_COLUMNS, NO_VALUE
from . import asking
from .asking import lifts


def people_filters(frame, question, params):
    """For the template _people_filters.html: what can be chosen, what is, and how to lift it."""
    return {
        "types": [(key, name, key in question.types) for key, name in frame.types],
        "respondents": question.respondents,
        "attributes": [_attribute(choice, question) for choice in frame.attributes if _can_filter(choice)],
        "lifts": lifts(frame, question, params),
        "n_filters": len(question.types) + len(question.where) + len(question.respondents),
    }


def address_of(params, *without):
    """The query string of an address, less some parameters and ``page``."""
    return asking.address_of(params, **dict.fromkeys(without))


def _can_filter(choice):
    return 0 < len(choice.values) <= MOST_COLUMNS


def _attribute(choice, question):
    wanted = {value for key, value in question.where if key == choice.key}
    options = [(f"{choice.key}:{value}", label, value in wanted) for value, label in choice.values]
    return choice.name, [*options, (f"{choice.key}:", _("Not known"), NO_VALUE in wanted)]
