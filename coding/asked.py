"""Queries as sentences: what a page says above an answer, and a report beside it."""

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

RELATION_NAMES = {
    "overlap": gettext_lazy("overlap"),
    "within": gettext_lazy("lie within"),
    "encloses": gettext_lazy("hold"),
    "near": gettext_lazy("are near"),
    "before": gettext_lazy("come before"),
    "after": gettext_lazy("come after"),
}
WITHIN_NAMES = {
    "passage": gettext_lazy("on one passage"),
    "turn": gettext_lazy("in one turn"),
    "respondent": gettext_lazy("of one respondent"),
    "transcript": gettext_lazy("in one transcript"),
}


def lower_first(name):
    """A name inside a sentence: "Respondent type" becomes "respondent type", "PhD" stays."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def sentence(frame, asked, many):
    """A Retrieval in words that go on from a number: "passages coded with Team return (and what is below) that …"."""
    parts = [
        {
            "passages": ngettext("passage", "passages", many),
            "respondents": ngettext("respondent who has passages", "respondents who have passages", many),
            "without": ngettext("respondent who has no passages", "respondents who have no passages", many),
        }[asked.show],
        *_codes(frame, asked),
        *_relation(frame, asked, many if asked.show == "passages" else None),
        *people_words(frame, asked.people),
        *_when(frame, asked),
        *_words(asked),
    ]
    return " ".join(parts)


def names(frame, codes, last):
    found = {code.id: code.name for code in frame.codes}
    return get_text_list([found[code] for code in codes], last)


def _codes(frame, asked):
    if asked.with_codes:
        last = _("and") if asked.every else _("or")
        yield _("coded with %(codes)s") % {"codes": names(frame, asked.with_codes, last)}
        parents = {code.parent for code in frame.codes}
        if any(code in parents for code in asked.with_codes):
            yield _("(and what is below)") if asked.subcodes else _("(without what is below)")
    if asked.none:
        yield _("and not with %(codes)s") % {"codes": names(frame, asked.none, _("or"))}
    if asked.none or (asked.every and len(asked.with_codes) > 1):
        yield f"({WITHIN_NAMES[asked.within]})"


def _relation(frame, asked, many):
    relation = asked.relation
    if not relation:
        return
    yield _that(relation.kind, asked.negated, 2 if many is None else many)
    yield _("passages coded with %(codes)s") % {"codes": names(frame, asked.to, _("or"))}
    if relation.kind == "near" and relation.distance == 0 and asked.unit == "turns":
        yield _("(in the same turn)")
    elif relation.distance is not None:
        if asked.unit == "turns":
            text = ngettext("(at most %(n)d turn away)", "(at most %(n)d turns away)", relation.distance)
        else:
            text = ngettext("(at most %(n)d word away)", "(at most %(n)d words away)", relation.distance)
        yield text % {"n": relation.distance}


def _that(kind, negated, many):
    if negated:
        return {
            "overlap": ngettext("that does not overlap", "that do not overlap", many),
            "within": ngettext("that does not lie within", "that do not lie within", many),
            "encloses": ngettext("that does not hold", "that do not hold", many),
            "near": ngettext("that is not near", "that are not near", many),
            "before": ngettext("that does not come before", "that do not come before", many),
            "after": ngettext("that does not come after", "that do not come after", many),
        }[kind]
    return {
        "overlap": ngettext("that overlaps", "that overlap", many),
        "within": ngettext("that lies within", "that lie within", many),
        "encloses": ngettext("that holds", "that hold", many),
        "near": ngettext("that is near", "that are near", many),
        "before": ngettext("that comes before", "that come before", many),
        "after": ngettext("that comes after", "that come after", many),
    }[kind]


def people_words(frame, question):
    """Whose words, and coded by whom."""
    if question.types:
        types = dict(frame.types)
        yield _("said by respondents of the type %(types)s") % {
            "types": get_text_list([types[key] for key in question.types], _("or"))
        }
    if question.respondents:
        yield _("said by %(names)s") % {
            "names": get_text_list([frame.people[pk].pseudonym for pk in question.respondents], _("or"))
        }
    by_key = {}
    for key, value in question.where:
        by_key.setdefault(key, []).append(value)
    for attribute in frame.attributes:
        if attribute.key in by_key:
            labels = dict(attribute.values)
            values = [str(labels.get(value, value) or _("not known")) for value in by_key[attribute.key]]
            yield _("with %(attribute)s: %(values)s") % {
                "attribute": attribute.name,
                "values": get_text_list(values, _("or")),
            }


def _when(frame, asked):
    coders = dict(frame.coders)
    if asked.people.coders:
        yield _("as coded by %(coders)s") % {
            "coders": get_text_list([coders[pk] for pk in asked.people.coders], _("or"))
        }
    if asked.since:
        yield _("coded since %(day)s") % {"day": asked.since.isoformat()}
    if asked.until:
        yield _("coded until %(day)s") % {"day": asked.until.isoformat()}


def _words(asked):
    if asked.text:
        kinds = {
            "exact": _("in which “%(words)s” is said"),
            "words": _("in which all of “%(words)s” are said"),
            "regex": _("in which the regular expression “%(words)s” is met"),
        }
        yield kinds[asked.text.mode] % {"words": asked.text.text}
    if asked.memo_text:
        yield _("with a memo that says “%(words)s”") % {"words": asked.memo_text}
    elif asked.memo:
        yield _("with a memo")
