"""The codebook as a tree, from one flat query; and what may be done to it.

Every writer (the admin, pages, the API, imports) changes codes through these functions and no other way: each is one
transaction and one event of the history, and each raises Refused, which wrote nothing, with a sentence that says why.
"""

import hashlib
import re
from collections import defaultdict
from itertools import chain, count
from unicodedata import category, normalize

from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, Max, OuterRef, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interviews import history
from interviews.history import images, key_of, record
from interviews.models import Study, Transcript

from .colours import next_colour

MEANING = ("name", "definition", "include", "exclude", "example")  # a change of these makes a revision
FIELDS = (*MEANING, "colour", "origin", "order")
NAME_LENGTH = 200
REASON_LENGTH = 300
AT_ONCE = 500  # rows named in one statement
RECENT = 50  # events looked through for who changed a code
ARROW = " > "  # between the names of a path, in files and in the API


class Refused(Exception):
    """A change of the codebook that cannot be made; its message says why, ``field`` names what is wrong, if one is."""

    def __init__(self, message, field=None):
        super().__init__(message)
        self.field = field


def in_tree_order(codes):
    """Pairs ``(depth, code)``, parents before children, siblings as given.

    Takes all codes of one study; a top-level code has depth 0.
    """
    children = defaultdict(list)
    for code in codes:
        children[code.parent_id].append(code)
    stack = [(0, code) for code in reversed(children[None])]
    while stack:
        depth, code = stack.pop()
        yield depth, code
        stack.extend((depth + 1, child) for child in reversed(children[code.pk]))


def subtree_ids(codes, root_id):
    """Ids of a code and all codes below it, for reports that roll up."""
    wanted = set()
    for _depth, code in in_tree_order(codes):
        if code.pk == root_id or code.parent_id in wanted:
            wanted.add(code.pk)
    return wanted


def _branch(code):
    """Ids of a code and all below it, without reading what is said of them."""
    children = defaultdict(list)
    for pk, parent in code.study.codes.order_by().values_list("pk", "parent"):
        children[parent].append(pk)
    found, left = set(), [code.pk]
    while left:
        at = left.pop()
        found.add(at)
        left += children[at]
    return found


def paths(codes):
    """``{code id: (names from the top down to the code)}``; takes all codes of one study."""
    found = {}
    for _depth, code in in_tree_order(codes):
        found[code.pk] = (*found.get(code.parent_id, ()), code.name)
    return found


def in_use_or_above(tree):
    """Ids of the codes of a tree that are in use, and of retired ones under which some are."""
    found = set()
    for _depth, code in reversed(tree):
        if code.retired_at is None or code.pk in found:
            found |= {code.pk, code.parent_id}
    return found - {None}


def clean_colour(text):
    """``#rrggbb`` for ``#RRGGBB``, ``rrggbb`` or ``#rgb``; empty stays empty. Raises Refused for anything else."""
    digits = text.strip().removeprefix("#").lower()
    if re.fullmatch(r"[0-9a-f]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9a-f]{6}", digits):
        raise Refused(_("“%(colour)s” is no colour; write it as #rrggbb.") % {"colour": text}, "colour")
    return f"#{digits}"


@transaction.atomic
def create_code(study, actor, *, name, parent=None, asked_of=(), change=None, **fields):
    """A new code, after its siblings. ``fields`` are of FIELDS; a top-level code without a colour gets a free one.

    ``change`` is the UUID a browser gave to making it.
    """
    lock(study)
    _check_name(name)
    code = add(study, name=name, parent=parent, asked_of=asked_of, **fields)
    record(study, actor, "create-code", code, after=images(code), change=change)
    return code


@transaction.atomic
def edit_code(code, actor, reason="", **changes):
    """Change fields of FIELDS, ``asked_of`` or ``parent``; a change of meaning makes a revision. Returns the code.

    ``reason`` says why; a study may require it of changes of meaning.
    """
    code, reason = _fresh(code), " ".join(reason.split())
    _check_name(changes.get("name", ""), code.name)
    before, revision = images(code), code.revision
    change(code, **changes)
    if code.revision != revision:
        check_reason(code.study, reason)
    record(code.study, actor, "edit-code", code, before=before, after=images(code), reason=reason)
    return code


def check_reason(study, reason):
    """Refuse a change of meaning without the reason that the study requires, or with one that is too long."""
    if study.reasons_required and not reason:
        raise Refused(_("Say why: in this study a change of a definition needs a reason."), "reason")
    if len(reason) > REASON_LENGTH:
        raise Refused(
            _("This reason is longer than %(limit)d characters.") % {"limit": REASON_LENGTH}, "reason"
        )


def move_code(code, actor, parent, position=None):
    """Put a code under a parent (None: at the top), as the position-th of its children from 0, or the last."""
    return move_codes([code], actor, parent, position)[0]


@transaction.atomic
def move_codes(codes, actor, parent, position=None):
    """Put codes under a parent, one after the other from the position on; those below one of them go along.

    ``position`` counts the children that stay, from 0. Returns the codes that were moved.
    """
    codes = _fresh_branches(codes)
    study, moving = codes[0].study, {code.pk for code in codes}
    others = [sibling for sibling in _children(study, parent) if sibling.pk not in moving]
    before = images(*codes, *others)
    for code in codes:
        _place(code, parent)
        code.save()
    position = len(others) if position is None else max(0, min(position, len(others)))
    others[position:position] = codes
    _number(others)
    record(study, actor, "move-code", codes[0], before=before, after=images(*others))
    return codes


@transaction.atomic
def reorder(study, actor, parent, codes):
    """Give the children of a parent this order; ``codes`` are all of them, each once."""
    lock(study)
    children = {code.pk: code for code in _children(study, parent)}
    if sorted(code.pk for code in codes) != sorted(children):
        raise Refused(_("The codes here have changed meanwhile. Look again, then put them in order."))
    before = images(*children.values())
    _number([children[code.pk] for code in codes])
    record(study, actor, "reorder-codes", parent or study, before=before, after=images(*children.values()))


@transaction.atomic
def move_up(code, actor, hidden=frozenset()):
    """Put a code before the sibling before it, of those not ``hidden`` (ids). Raises Refused where it is the first."""
    code, before, _after = _beside(code, hidden)
    if before is None:
        raise Refused(_("“%(code)s” is the first here already.") % {"code": code})
    return move_code(code, actor, code.parent, _place_of(before, code))


@transaction.atomic
def move_down(code, actor, hidden=frozenset()):
    """Put a code after the sibling after it, of those not ``hidden`` (ids). Raises Refused where it is the last."""
    code, _before, after = _beside(code, hidden)
    if after is None:
        raise Refused(_("“%(code)s” is the last here already.") % {"code": code})
    return move_code(code, actor, code.parent, _place_of(after, code) + 1)


@transaction.atomic
def move_in(code, actor, hidden=frozenset()):
    """Put a code under the sibling before it, of those not ``hidden`` (ids). Raises Refused where there is none."""
    code, before, _after = _beside(code, hidden)
    if before is None:
        raise Refused(_("“%(code)s” has no code before it to stand under.") % {"code": code})
    return move_code(code, actor, before)


def _beside(code, hidden):
    """``(the code as it is now, the sibling before it, the one after it)``, of those that are seen."""
    code = _fresh(code)
    siblings = [
        sibling
        for sibling in _children(code.study, code.parent)
        if sibling == code or sibling.pk not in hidden
    ]
    at = siblings.index(code)
    return code, siblings[at - 1] if at else None, siblings[at + 1] if at + 1 < len(siblings) else None


def _place_of(sibling, moving):
    """Where a sibling stands among those that stay."""
    return [each.pk for each in _children(sibling.study, sibling.parent) if each != moving].index(sibling.pk)


def move_out(code, actor):
    """Put a code beside its parent, right after it. Raises Refused where it is at the top."""
    if code.parent is None:
        raise Refused(_("“%(code)s” is at the top already.") % {"code": code})
    above = code.parent.parent
    siblings = [sibling.pk for sibling in _children(code.study, above)]
    return move_code(code, actor, above, siblings.index(code.parent_id) + 1)


def retire(code, actor):
    """Take a code out of use: it keeps its coded segments, and its subcodes stay in use."""
    return retire_codes([code], actor)[0]


@transaction.atomic
def retire_codes(codes, actor):
    """Retire codes as one change; those retired already stay so. Returns those that were retired."""
    in_use = [code for code in _fresh_all(codes) if not code.retired_at]
    if not in_use:
        raise Refused(_("“%(code)s” is retired already.") % {"code": codes[0]})
    before, now = images(*in_use), timezone.now()
    for code in in_use:
        code.retired_at = now
        code.save(update_fields=["retired_at"])
    record(in_use[0].study, actor, "retire-code", in_use[0], before=before, after=images(*in_use))
    return in_use


def left_in_use(codes):
    """The sentence that warns of subcodes in use under codes that are retired; empty if there are none."""
    from .models import Code

    left = (
        Code.objects.filter(parent__in=[code.pk for code in codes]).exclude(parent__retired_at=None).in_use()
    )
    names = ", ".join(f"“{code}”" for code in left[:5])
    number = left.count()
    if not number:
        return ""
    return ngettext(
        "A subcode of what is retired stays in use: %(names)s.",
        "%(n)d subcodes of what is retired stay in use: %(names)s.",
        number,
    ) % {"n": number, "names": names + ("" if number <= 5 else " …")}


def restore(code, actor):
    """Take a retired code into use again. One that was merged comes back empty: only undoing the merge refills it."""
    return restore_codes([code], actor)[0]


@transaction.atomic
def restore_codes(codes, actor):
    """Restore codes as one change; those in use stay so. Returns those that were restored."""
    retired = [code for code in _fresh_all(codes) if code.retired_at]
    if not retired:
        raise Refused(_("“%(code)s” is in use.") % {"code": codes[0]})
    before = images(*retired)
    for code in retired:
        code.retired_at = code.merged_into = None
        code.save(update_fields=["retired_at", "merged_into"])
    record(retired[0].study, actor, "restore-code", retired[0], before=before, after=images(*retired))
    return retired


@transaction.atomic
def duplicate(code, actor):
    """A copy of a branch, right after it, without coded segments and without what is retired. Returns its top."""
    code = _fresh(code)
    study = code.study
    codes = list(study.codes.prefetch_related("asked_of"))
    siblings = [sibling for sibling in codes if sibling.parent_id == code.parent_id]
    before, copies = images(*siblings), {}
    for _depth, each in in_tree_order(codes):
        if each.pk == code.pk:
            copies[each.pk] = _copy(each, code.parent, _copied_name(each, siblings))
        elif each.parent_id in copies and not each.retired_at:
            copies[each.pk] = _copy(each, copies[each.parent_id], each.name)
    place = [sibling.pk for sibling in siblings].index(code.pk) + 1
    siblings.insert(place, copies[code.pk])
    _number(siblings)
    after = images(*siblings, *copies.values())
    record(study, actor, "duplicate-code", copies[code.pk], before=before, after=after)
    return copies[code.pk]


def _copy(code, parent, name):
    fields = {field: getattr(code, field) for field in FIELDS if field not in ("name", "order", "colour")}
    types = list(code.asked_of.all())
    return add(code.study, name=name, parent=parent, asked_of=types, as_given=parent is not None, **fields)


def _copied_name(code, siblings):
    taken = {as_seen(sibling.name) for sibling in siblings}
    stem = code.name[: NAME_LENGTH - 20]
    names = (_("%(name)s (copy %(n)d)") % {"name": stem, "n": n} for n in count(2))
    return next(
        name for name in chain([_("%(name)s (copy)") % {"name": stem}], names) if as_seen(name) not in taken
    )


@transaction.atomic
def delete_code(code, actor):
    """Delete a code that was never used and has no subcodes; any other is to be retired."""
    code = _fresh(code)
    reason = why_not_delete(code)
    if reason:
        raise Refused(reason)
    before = images(code)
    study, key = code.study, key_of(code)
    code.delete()
    record(study, actor, "delete-code", key, before=before)


def why_not_delete(code):
    """The sentence that says why a code cannot be deleted; empty if it can."""
    if code.coded_segments.exists():
        return _("“%(code)s” is used, so it cannot be deleted. Retire it, or merge it into another code.") % {
            "code": code
        }
    if code.children.exists():
        return _("“%(code)s” has subcodes. Move them first.") % {"code": code}
    if code.merged_from.exists() or code.merged_into_id:
        return _("“%(code)s” took part in a merge, so it cannot be deleted. Retire it.") % {"code": code}
    if code.memos.exists():
        return _("There are memos on “%(code)s”, so it cannot be deleted. Retire it.") % {"code": code}
    return ""


def merge_preview(codes, into):
    """What merging codes would do: how many coded segments move, how many fold into one there, coders, subcodes."""
    from .models import CodedSegment

    def places(rows):
        return set(rows.order_by().values_list("content_object", "coder"))

    rows = CodedSegment.objects.filter(tag__in=codes)
    moving = places(rows) - places(CodedSegment.objects.filter(tag=into))
    return {
        "moving": len(moving),
        "folding": rows.count() - len(moving),
        "coders": rows.order_by().values("coder").distinct().count(),
        "subcodes": sum(code.children.count() for code in codes),
    }


def merge(code, into, actor):
    """Merge one code into another, as ``merge_codes`` does several. Returns the merged code."""
    return merge_codes([code], into, actor)[0]


@transaction.atomic
def merge_codes(codes, into, actor):
    """Move coded segments and subcodes of codes to another, and retire them, pointing there. Returns the merged codes.

    Where a coder has both codes on a segment, that of ``into`` stays and takes the other's memos; the other is
    deleted, kept whole in the event.
    """
    into = _fresh(into)
    before, after, merged = {}, {}, []
    for code in codes:
        code = _fresh(code)
        reason = why_not_merge(code, into)
        if reason:
            raise Refused(reason)
        children = _children(code.study, code)
        _note(before, images(code, *children))
        carry(code.coded_segments.all(), code, into, before, after)
        last = _last_order(code.study, into)
        for number, child in enumerate(children, start=1):
            child.parent, child.order = into, last + number
            child.save(update_fields=["parent", "order"])
        code.merged_into, code.retired_at = into, code.retired_at or timezone.now()
        code.save(update_fields=["merged_into", "retired_at"])
        after |= images(code, *children)
        merged.append(code)
    record(into.study, actor, "merge-codes", merged[0], before=before, after=after)
    return merged


@transaction.atomic
def split(code, actor, rows, *, name, parent=None):
    """Move some coded segments of a code (a queryset) to a new code, under a parent. Returns the new code."""
    code = _fresh(code)
    rows = code.coded_segments.filter(pk__in=list(rows.values_list("pk", flat=True)))
    if not rows.exists():
        raise Refused(_("Choose the passages that the new code takes over."))
    before, after = {}, {}
    new = add(code.study, name=name, parent=parent)
    carry(rows, code, new, before, after)
    after |= images(new)
    record(code.study, actor, "split-code", new, before=before, after=after)
    return new


def why_not_merge(code, into):
    """The sentence that says why a code cannot be merged into another; empty if it can."""
    names = {"code": code, "into": into}
    if into.study_id != code.study_id:
        return _("Codes of two studies cannot be merged.")
    if into.pk in _branch(code):
        return _("“%(code)s” cannot be merged into itself or one of its subcodes.") % names
    if code.merged_into_id:
        return _("“%(code)s” is merged already.") % names
    if into.retired_at:
        return _("“%(into)s” is retired. Restore it first, or choose another code.") % names
    seen = set(map(as_seen, into.children.exclude(pk=code.pk).values_list("name", flat=True)))
    taken = [name for name in code.children.values_list("name", flat=True) if as_seen(name) in seen]
    if taken:
        names["taken"] = ", ".join(f"“{name}”" for name in sorted(taken))
        return _("“%(into)s” has a subcode named %(taken)s already. Rename or merge that first.") % names
    return ""


def carry(rows, code, into, before, after, looked_at=False):
    """Move coded segments (a queryset, all of one code) to another code; images of what changes go into both dicts.

    A coder's second coding of the same words folds into the one there: its memos go over, and it is deleted. What was
    coded by the present definition, or has been looked at now, counts as coded by the new code's; what was not stays
    to be reviewed.
    """
    _fold(rows, into, before, after)
    current = Case(When(code_revision=code.revision, then=Value(into.revision)), default=Value(0))
    current = Value(into.revision) if looked_at else current
    for pk, tag, revision, new in (
        rows.order_by().annotate(new=current).values_list("pk", "tag_id", "code_revision", "new")
    ):
        key = f"codedsegment:{pk}"
        before.setdefault(key, {"tag_id": tag, "code_revision": revision})
        after[key] = {"tag_id": into.pk, "code_revision": new}
    try:
        with transaction.atomic():
            rows.update(tag=into, code_revision=current)
    except IntegrityError as error:  # a coder has just applied the other code there
        raise Refused(_("Somebody coded these passages at the same moment. Try again.")) from error


def _fold(rows, into, before, after):
    from .models import CodedSegment, Memo

    twins = into.coded_segments.filter(content_object=OuterRef("content_object"), coder=OuterRef("coder"))
    folding = list(rows.filter(Exists(twins.order_by())).annotate(twin_id=twins.values("pk")[:1]))
    kept = {row.pk: row.twin_id for row in folding}
    for start in range(0, len(folding), AT_ONCE):
        part = folding[start : start + AT_ONCE]
        memos = list(Memo.objects.filter(coded_segment__in=part))
        _note(before, images(*part, *memos))
        for memo in memos:
            memo.coded_segment_id = kept[memo.coded_segment_id]
        Memo.objects.bulk_update(memos, ["coded_segment"], batch_size=200)
        after |= images(*memos)
        for row in part:
            after.pop(key_of(row), None)
        CodedSegment.objects.filter(pk__in=[row.pk for row in part]).delete()


def _note(before, found):
    """Add images of rows as they were; one noted earlier in the same change is the true one."""
    for key, image in found.items():
        before[key] = image | before.get(key, {})


def check(study, code=None, *, parent=None, reason="", **fields):
    """Raise Refused where ``create_code``, or ``edit_code`` of a code, would; write nothing."""
    from .models import Code

    trial = Code.objects.select_related("study").get(pk=code.pk) if code else Code(study=study)
    _check_name(fields.get("name", ""), trial.name)
    was = _meaning(trial)
    _fill(trial, **fields)
    _place(trial, parent, renumber=False)
    if code and _meaning(trial) != was:
        check_reason(study, reason.strip())


def state_of(code, with_place=False):
    """A digest of what one edits of a code, to see later whether somebody else has changed it; or where it stands."""
    values = [getattr(code, field) for field in FIELDS if field != "order"]
    asked_of = sorted(code.asked_of.values_list("pk", flat=True))
    return hashlib.sha256(repr([values, asked_of, with_place and code.parent_id]).encode()).hexdigest()


def last_saved(code):
    """``(the code as it is now, the last event that changed more of it than its order, or None)``."""
    from .models import Code

    key, acts = key_of(code), [act for act, needs in history.undoable.items() if needs == "manage_codebook"]
    events = code.study.events.filter(mentions__key=key, first_action__in=acts).select_related("actor")
    recent = events.order_by("-pk")[:RECENT]
    last = next((event for event in recent if event.after.get(key, {}).keys() - {"order"}), None)
    return Code.objects.select_related("parent").get(pk=code.pk), last


def uses(study, *by, codes=None):
    """``{code id: {values of the fields in by: number of coded segments}}``, each code without its subcodes.

    Transcripts that are put away are not counted. By respondent it is one scan of an index, in its own order.
    """
    from .models import CodedSegment

    rows = (
        CodedSegment.objects.of_study(study) if codes is None else CodedSegment.objects.filter(tag__in=codes)
    )
    if Transcript.objects.filter(study=study).exclude(removed_at=None).exists():
        rows = rows.filter(content_object__transcript__removed_at=None)
    found = defaultdict(dict)
    for code_id, *values, n in rows.order_by().values_list("tag_id", *by).annotate(n=Count("*")):
        found[code_id][tuple(values)] = n
    return found


@transaction.atomic
def require_reasons(study, actor, required):
    """Say whether a change of a definition needs a reason in this study."""
    lock(study)
    before = {key_of(study): {"reasons_required": study.reasons_required}}
    study.reasons_required = required
    study.save(update_fields=["reasons_required"])
    after = {key_of(study): {"reasons_required": required}}
    record(study, actor, "edit-study", study, before=before, after=after)


# What several changes share; the caller holds the lock and records.


def add(study, *, name, parent=None, asked_of=(), as_given=False, **fields):
    """Make a code, unrecorded: for functions that record many changes as one. ``as_given``: without a colour, too."""
    from .models import Code

    code = Code(study=study, order=_last_order(study, parent) + 1)
    _fill(code, name=name, **fields)
    _place(code, parent, renumber=False, as_given=as_given)
    code.save()
    if asked_of:
        code.asked_of.set(_types(study, asked_of))
    return code


def change(code, *, asked_of=None, **changes):
    """Change a code, unrecorded: for functions that record many changes as one."""
    was = _meaning(code)
    parent = changes.pop("parent", code.parent)
    _fill(code, **changes)
    _place(code, parent)
    if _meaning(code) != was:
        code.revision = 1 + max(code.revision, _last_revision(code))
    code.save()
    if asked_of is not None:
        code.asked_of.set(_types(code.study, asked_of))


def _meaning(code):
    return [getattr(code, field) for field in MEANING]


def _last_revision(code):
    """An undone revision was perhaps coded by, even if that is withdrawn now: its number is not given again."""
    coded = code.coded_segments.aggregate(last=Max("code_revision"))["last"] or 0
    return max(coded, history.highest(code.study_id, key_of(code), "revision"))


def _fill(code, **fields):
    unknown = fields.keys() - set(FIELDS)
    if unknown:
        raise TypeError(f"Codes have no {', '.join(sorted(unknown))} to change.")
    for field, value in fields.items():
        setattr(code, field, value)
    for field in MEANING:
        setattr(code, field, getattr(code, field).replace("\r\n", "\n").strip())
    code.name = " ".join(code.name.split())
    code.colour = clean_colour(code.colour)
    if not code.name:
        raise Refused(_("A code needs a name."), "name")
    if len(code.name) > NAME_LENGTH:
        raise Refused(_("This name is longer than %(limit)d characters.") % {"limit": NAME_LENGTH}, "name")
    if code.origin and code.origin not in code.Origin.values:
        raise Refused(
            _("“%(origin)s” is no origin; write theory or data.") % {"origin": code.origin}, "origin"
        )


def _check_name(name, present=""):
    """Refuse a new name that reads as a path. Files may bring such names: there the parent is told apart."""
    if ARROW in " ".join(name.split()) and name != present:
        raise Refused(
            _("A name cannot hold “ > ”, which stands between the names of a path. Write it otherwise."),
            "name",
        )


def _place(code, parent, renumber=True, as_given=False):
    """Check that a code may stand under a parent by its name, and put it there, last if it is new there."""
    moved = code.parent_id != (parent.pk if parent else None)
    if parent and moved:
        _check_parent(code, parent)
    if twin := _twin(code, parent, moved, exactly=as_given):
        raise Refused(_("There is a code named “%(name)s” here already.") % {"name": twin}, "name")
    if moved and renumber:
        code.order = _last_order(code.study, parent) + 1
    code.parent = parent
    if parent is None and not code.colour and not as_given:
        code.colour = next_colour(code.study.codes.exclude(pk=code.pk))


def _twin(code, parent, moved, exactly):
    """The name of another code under a parent that looks the same; ``exactly``: is the same. Empty where none is."""
    others = code.study.codes.exclude(pk=code.pk)
    if not moved and code.pk and code.study.codes.filter(pk=code.pk, name=code.name).exists():
        return ""
    if exactly:
        return others.filter(parent=parent, name=code.name).values_list("name", flat=True).first() or ""
    seen = as_seen(code.name)
    names = others.filter(parent=parent).order_by().values_list("name", flat=True)
    return next((name for name in names if as_seen(name) == seen), "")


def as_seen(name):
    """A name without what the eye does not tell apart: signs without width, large and small letters, wide ones."""
    kept = "".join(sign for sign in normalize("NFKC", name) if category(sign) != "Cf")
    return " ".join(kept.casefold().split())


def _check_parent(code, parent):
    if parent.study_id != code.study_id:
        raise Refused(_("The parent is of another study."), "parent")
    if parent.retired_at:
        raise Refused(_("“%(parent)s” is retired. Restore it first.") % {"parent": parent}, "parent")
    if code.pk and parent.pk in _branch(code):
        raise Refused(_("A code cannot stand under itself or one of its subcodes."), "parent")


def _types(study, types):
    if any(kind.study_id != study.pk for kind in types):
        raise Refused(_("A respondent type is of another study."), "asked_of")
    return types


def _children(study, parent):
    return list(study.codes.filter(parent=parent))


def _last_order(study, parent):
    return study.codes.filter(parent=parent).aggregate(last=Max("order"))["last"] or 0


def carry_types(types, into, gone=None):
    """Codes asked of respondent types are asked of another one too, and no more of one that goes; images of both."""
    from .models import Code

    codes = list(Code.objects.filter(asked_of__in=types).distinct())
    before = history.images(*codes)
    for code in codes:
        code.asked_of.add(into)
        if gone:
            code.asked_of.remove(gone)
    return before, history.images(*codes)


def _number(codes):
    for number, code in enumerate(codes, start=1):
        if code.order != number:
            code.order = number
            code.save(update_fields=["order"])


def lock(study):
    """Let no one else change this codebook until the running transaction ends."""
    Study.objects.select_for_update(of=("self",)).get(pk=study.pk)


def _fresh(code):
    """The code as it is now, its study locked."""
    return _fresh_all([code])[0]


def _fresh_all(codes):
    """Codes of one study as they are now, in the order given, their study locked."""
    from .models import Code

    lock(codes[0].study)
    found = Code.objects.select_related("study", "parent").in_bulk([code.pk for code in codes])
    if len(found) < len({code.pk for code in codes}):
        raise Refused(_("A code has been deleted meanwhile. Look again."))
    return [found[code.pk] for code in codes]


def _fresh_branches(codes):
    """Codes as they are now, in tree order, less those that stand below another of them."""
    fresh = {code.pk: code for code in _fresh_all(codes)}
    tops, below = [], set()
    for _depth, code in in_tree_order(codes[0].study.codes.all()):
        if code.parent_id in below or code.parent_id in fresh:
            below.add(code.pk)
        elif code.pk in fresh:
            tops.append(fresh[code.pk])
    return tops


for _action in (
    "create-code",
    "edit-code",
    "move-code",
    "reorder-codes",
    "retire-code",
    "restore-code",
    "delete-code",
    "merge-codes",
    "split-code",
    "duplicate-code",
    "edit-study",
):
    history.undoable[_action] = "manage_codebook"
