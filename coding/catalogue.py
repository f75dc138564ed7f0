"""The codebook as the workspace wants it: when its page opens, and again whenever somebody changes it."""

from .codebook import ARROW, in_tree_order, paths
from .colours import looks


def code_tree(codes):
    """Codes as the page and its scripts want them: in tree order, each with level, look and path."""
    look, path = looks(codes), paths(codes)
    parents = {code.parent_id for code in codes if not code.retired_at}
    heads = _retired_heads(codes)
    return [
        {
            "id": code.pk,
            "parent": code.parent_id,
            "name": code.name,
            "path": ARROW.join(path[code.pk]),
            "level": depth + 1,
            "look": look[code.pk],
            "definition": code.definition,
            "include": code.include,
            "exclude": code.exclude,
            "retired": bool(code.retired_at),
            "heads": code.pk in heads,
            "opens": code.pk in parents,
        }
        for depth, code in in_tree_order(codes)
    ]


def _retired_heads(codes):
    """Ids of retired codes that have codes in use below them: these still stand under their name."""
    above = {code.pk: code.parent_id for code in codes}
    heads = set()
    for code in codes:
        at = None if code.retired_at else code.parent_id
        while at is not None and at not in heads:
            heads.add(at)
            at = above[at]
    return heads & {code.pk for code in codes if code.retired_at}
