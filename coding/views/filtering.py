"""Filters by respondent, as the query view has them, for the other pages that ask questions."""

from . import asking
from .asking import lifts
from .query import _attribute, _can_filter


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
