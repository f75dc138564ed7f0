"""The codebook as a tree, from one flat query; and what may be done to it."""

from collections import defaultdict


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
