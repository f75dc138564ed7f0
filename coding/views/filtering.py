"""Filters by respondent, as the query view has them, for the other pages that ask questions."""

from .query import _address, _attribute, _can_filter, _lifts


def people_filters(frame, question, params):
    """For the template _people_filters.html: what can be chosen, what is, and how to lift it."""
    return {
        "types": [(key, name, key in question.types) for key, name in frame.types],
        "attributes": [_attribute(choice, question) for choice in frame.attributes if _can_filter(choice)],
        "lifts": _lifts(frame, question, params),
        "n_filters": len(question.types) + len(question.where),
    }


def address_of(params, *without):
    """The query string of an address, less some parameters and ``page``."""
    return _address(params, **dict.fromkeys(without))
