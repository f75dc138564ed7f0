"""What the pages that ask questions share: their addresses, and the filters in force."""

from django.http import QueryDict
from django.utils.translation import gettext as _

from interviews.numbers import whole_number


def address_of(params, **changes):
    """The query string of an address with some parameters set, or left out where None; without ``page``."""
    changed = QueryDict(mutable=True)
    for key, values in params.lists():
        if key not in changes and key != "page":
            changed.setlist(key, [value for value in values if value])
    for key, value in changes.items():
        if value is not None:
            changed[key] = value
    return changed.urlencode()


def page_in(params):
    return whole_number(params.get("page", ""), 9) or 1


def lifts(frame, question, params):
    """Each filter in force, as (what it says, address without it)."""
    names = dict(frame.types)
    found = [
        (_("Type: %(name)s") % {"name": names[key]}, _without(params, "respondent_type", key))
        for key in question.types
    ]
    found += [
        (
            _("Respondent: %(name)s") % {"name": frame.people[pk].pseudonym},
            _without(params, "respondent", str(pk)),
        )
        for pk in question.respondents
    ]
    attributes = {choice.key: choice for choice in frame.attributes}
    for key, value in question.where:
        label = dict(attributes[key].values).get(value, value) or _("not known")
        found.append((f"{attributes[key].name}: {label}", _without(params, "where", f"{key}:{value}")))
    if question.code is not None:
        name = next(code.name for code in frame.codes if code.id == question.code)
        found.append((_("Code: %(name)s") % {"name": name}, address_of(params, code=None, cell=None)))
    return found


def _without(params, key, value):
    """The address with one filter lifted."""
    changed = params.copy()
    changed.setlist(key, [each for each in params.getlist(key) if each not in (value, "")])
    return address_of(changed, cell=None)
