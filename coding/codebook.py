"""The codebook as a tree, from one flat query; and what may be done to it.

Every writer (the admin, pages, the API, imports) changes codes through these functions and no other way: each is one
transaction and one event of the history, and each raises Refused, which wrote nothing, with a sentence that says why.
"""

import re
from collections import defaultdict

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from interviews import history
from interviews.history import images, key_of, record
from interviews.models import Study

from .colours import next_colour

MEANING = ("name", "definition", "include", "exclude", "example")  # a change of these makes a revision
FIELDS = (*MEANING, "colour", "origin", "order")
NAME_LENGTH = 200
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


def paths(codes):
    """``{code id: (names from the top down to the code)}``; takes all codes of one study."""
    found = {}
    for _depth, code in in_tree_order(codes):
        found[code.pk] = (*found.get(code.parent_id, ()), code.name)
    return found


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
def create_code(study, actor, *, name, parent=None, asked_of=(), **fields):
    """A new code, after its siblings. ``fields`` are of FIELDS; a top-level code without a colour gets a free one."""
    lock(study)
    _check_name(name)
    code = add(study, name=name, parent=parent, asked_of=asked_of, **fields)
    record(study, actor, "create-code", code, after=images(code))
    return code


@transaction.atomic
def edit_code(code, actor, **changes):
    """Change fields of FIELDS, ``asked_of`` or ``parent``; a change of meaning makes a revision. Returns the code."""
    code = _fresh(code)
    _check_name(changes.get("name", ""), code.name)
    before = images(code)
    change(code, **changes)
    record(code.study, actor, "edit-code", code, before=before, after=images(code))
    return code


@transaction.atomic
def move_code(code, actor, parent, position=None):
    """Put a code under a parent (None: at the top), as the position-th of its children from 0, or the last."""
    code = _fresh(code)
    others = [sibling for sibling in _children(code.study, parent) if sibling.pk != code.pk]
    before = images(code, *others)
    _place(code, parent)
    code.save()
    position = len(others) if position is None else max(0, min(position, len(others)))
    others.insert(position, code)
    _number(others)
    record(code.study, actor, "move-code", code, before=before, after=images(*others))
    return code


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


def move_up(code, actor):
    """Let a code and the sibling before it change places; the first one stays."""
    return _step(code, actor, -1)


def move_down(code, actor):
    """Let a code and the sibling after it change places; the last one stays."""
    return _step(code, actor, 1)


@transaction.atomic
def _step(code, actor, step):
    code = _fresh(code)
    siblings = [sibling.pk for sibling in _children(code.study, code.parent)]
    return move_code(code, actor, code.parent, max(0, siblings.index(code.pk) + step))


@transaction.atomic
def retire(code, actor):
    """Take a code out of use: it keeps its coded segments, and its subcodes stay in use."""
    code = _fresh(code)
    if code.retired_at:
        raise Refused(_("“%(code)s” is retired already.") % {"code": code})
    before = images(code)
    code.retired_at = timezone.now()
    code.save(update_fields=["retired_at"])
    record(code.study, actor, "retire-code", code, before=before, after=images(code))
    return code


@transaction.atomic
def restore(code, actor):
    """Take a retired code into use again. One that was merged comes back empty: only undoing the merge refills it."""
    code = _fresh(code)
    if not code.retired_at:
        raise Refused(_("“%(code)s” is in use.") % {"code": code})
    before = images(code)
    code.retired_at = code.merged_into = None
    code.save(update_fields=["retired_at", "merged_into"])
    record(code.study, actor, "restore-code", code, before=before, after=images(code))
    return code


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


@transaction.atomic
def merge(code, into, actor):
    """Move coded segments and subcodes of a code to another, and retire it, pointing there.

    Where a coder has both codes on a segment, that of ``into`` stays and takes the other's memos; the other is
    deleted, kept whole in the event. Returns the merged code.
    """
    code, into = _fresh(code), _fresh(into)
    reason = why_not_merge(code, into)
    if reason:
        raise Refused(reason)
    children = list(_children(code.study, code))
    before = images(code, *children)
    after = {}
    _fold(code, into, before, after)
    _move_codings(code, into, before, after)
    last = _last_order(code.study, into)
    for number, child in enumerate(children, start=1):
        child.parent, child.order = into, last + number
        child.save(update_fields=["parent", "order"])
    code.merged_into, code.retired_at = into, code.retired_at or timezone.now()
    code.save(update_fields=["merged_into", "retired_at"])
    after |= images(code, *children)
    record(code.study, actor, "merge-codes", code, before=before, after=after)
    return code


def why_not_merge(code, into):
    """The sentence that says why a code cannot be merged into another; empty if it can."""
    names = {"code": code, "into": into}
    if into.study_id != code.study_id:
        return _("Codes of two studies cannot be merged.")
    if into.pk in subtree_ids(code.study.codes.all(), code.pk):
        return _("“%(code)s” cannot be merged into itself or one of its subcodes.") % names
    if code.merged_into_id:
        return _("“%(code)s” is merged already.") % names
    if into.retired_at:
        return _("“%(into)s” is retired. Restore it first, or choose another code.") % names
    taken = set(into.children.values_list("name", flat=True)) & set(
        code.children.values_list("name", flat=True)
    )
    if taken:
        names["taken"] = ", ".join(f"“{name}”" for name in sorted(taken))
        return _("“%(into)s” has a subcode named %(taken)s already. Rename or merge that first.") % names
    return ""


def _twins(into):
    """Coded segments of ``into`` with the segment and coder of an outer one."""
    return into.coded_segments.filter(
        content_object=OuterRef("content_object"), coder=OuterRef("coder")
    ).order_by()


def _fold(code, into, before, after):
    from .models import Memo

    twin = into.coded_segments.filter(content_object=OuterRef("content_object"), coder=OuterRef("coder"))
    folding = list(code.coded_segments.annotate(twin_id=twin.values("pk")[:1]).exclude(twin_id=None))
    kept = {row.pk: row.twin_id for row in folding}
    memos = list(Memo.objects.filter(coded_segment__in=code.coded_segments.filter(Exists(_twins(into)))))
    before |= images(*folding, *memos)
    for memo in memos:
        memo.coded_segment_id = kept[memo.coded_segment_id]
    Memo.objects.bulk_update(memos, ["coded_segment"], batch_size=200)
    after |= images(*memos)
    code.coded_segments.filter(Exists(_twins(into))).delete()


def _move_codings(code, into, before, after):
    keys = [f"codedsegment:{pk}" for pk in code.coded_segments.values_list("pk", flat=True)]
    before |= {key: {"tag_id": code.pk} for key in keys}
    after |= {key: {"tag_id": into.pk} for key in keys}
    code.coded_segments.update(tag=into)


def check(study, code=None, *, parent=None, **fields):
    """Raise Refused where ``create_code``, or ``edit_code`` of a code, would; write nothing."""
    from .models import Code

    trial = Code.objects.select_related("study").get(pk=code.pk) if code else Code(study=study)
    _check_name(fields.get("name", ""), trial.name)
    _fill(trial, **fields)
    _place(trial, parent, renumber=False)


def counts(study):
    """``{code id: {coder id: number of coded segments}}`` of codes that are used, each without its subcodes."""
    from .models import CodedSegment

    found = defaultdict(dict)
    rows = CodedSegment.objects.of_study(study).order_by().values_list("tag", "coder").annotate(n=Count("pk"))
    for code_id, coder_id, n in rows:
        found[code_id][coder_id] = n
    return found


# What several changes share; the caller holds the lock and records.


def add(study, *, name, parent=None, asked_of=(), **fields):
    """Make a code, unrecorded: for functions that record many changes as one."""
    from .models import Code

    code = Code(study=study, order=_last_order(study, parent) + 1)
    _fill(code, name=name, **fields)
    _place(code, parent, renumber=False)
    code.save()
    if asked_of:
        code.asked_of.set(_types(study, asked_of))
    return code


def change(code, *, asked_of=None, **changes):
    """Change a code, unrecorded: for functions that record many changes as one."""
    was = {field: getattr(code, field) for field in MEANING}
    parent = changes.pop("parent", code.parent)
    _fill(code, **changes)
    _place(code, parent)
    if any(getattr(code, field) != value for field, value in was.items()):
        code.revision += 1
    code.save()
    if asked_of is not None:
        code.asked_of.set(_types(code.study, asked_of))


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


def _place(code, parent, renumber=True):
    """Check that a code may stand under a parent by its name, and put it there, last if it is new there."""
    moved = code.parent_id != (parent.pk if parent else None)
    if parent and moved:
        _check_parent(code, parent)
    if code.study.codes.filter(parent=parent, name=code.name).exclude(pk=code.pk).exists():
        raise Refused(_("There is a code named “%(name)s” here already.") % {"name": code.name}, "name")
    if moved and renumber:
        code.order = _last_order(code.study, parent) + 1
    code.parent = parent
    if parent is None and not code.colour:
        code.colour = next_colour(code.study.codes.exclude(pk=code.pk))


def _check_parent(code, parent):
    if parent.study_id != code.study_id:
        raise Refused(_("The parent is of another study."), "parent")
    if parent.retired_at:
        raise Refused(_("“%(parent)s” is retired. Restore it first.") % {"parent": parent}, "parent")
    if code.pk and parent.pk in subtree_ids(code.study.codes.all(), code.pk):
        raise Refused(_("A code cannot stand under itself or one of its subcodes."), "parent")


def _types(study, types):
    if any(kind.study_id != study.pk for kind in types):
        raise Refused(_("A respondent type is of another study."), "asked_of")
    return types


def _children(study, parent):
    return list(study.codes.filter(parent=parent))


def _last_order(study, parent):
    return study.codes.filter(parent=parent).aggregate(last=Max("order"))["last"] or 0


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
    from .models import Code

    lock(code.study)
    return Code.objects.select_related("study", "parent").get(pk=code.pk)


for _action in (
    "create-code",
    "edit-code",
    "move-code",
    "reorder-codes",
    "retire-code",
    "restore-code",
    "delete-code",
    "merge-codes",
):
    history.undoable[_action] = "manage_codebook"
