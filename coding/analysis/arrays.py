"""Small whole numbers by the million: where they stand, and which of them meet."""

import numpy as np

MOST_APART = 20  # numbers of a table for each one looked up in it


def index_of(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each wanted number stands in ``known``, -1 where it does not; by a table where the known ones lie close, as
    the ids of one study mostly do.
    """
    if not len(known):
        return np.full(len(wanted), -1)
    first, last = int(known.min()), int(known.max())
    if last - first < MOST_APART * max(len(known), len(wanted)):
        table = np.full(last - first + 3, -1)  # one more at either end for what lies beyond
        table[known - (first - 1)] = np.arange(len(known))
        return table[np.clip(wanted, first - 1, last + 1) - (first - 1)]
    order = np.argsort(known)
    at = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)]
    return np.where(known[at] == wanted, at, -1)


def pairs(one: np.ndarray, other: np.ndarray, others: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each pair that occurs, once and in order: its numbers, and how often. ``other`` counts from 0 to ``others``."""
    keys = one * others + other
    if int(keys.max(initial=0)) < MOST_APART * len(keys):
        many = np.bincount(keys)
        found = np.flatnonzero(many)
        many = many[found]
    else:
        found, many = np.unique(keys, return_counts=True)
    return found // others, found % others, many
