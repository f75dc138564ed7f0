"""How many words a text has between any two of its places."""

import re

import numpy as np

from interviews.turns import HAN_OR_KANA

FAR = np.iinfo(np.int64).max // 4  # beyond every place

_SPACE, _WORD_OF_ITS_OWN, _SIGN, _OTHER = range(4)
_KINDS = re.compile(rf"(\s)|([{HAN_OR_KANA}])|([^\W_])")
_kind_of = np.full(0x110000, 255, dtype=np.uint8)  # of signs that were met, by code point


class WordPlaces:
    """The words of ``text[a:b]``, as ``count_words`` counts them, are ``before(b) - before(a) + (cut(a) < b)``.

    A word begins with its first letter or digit. ``cut(a)`` is where the word that goes on at ``a`` has its next one:
    from there on what is left of it is a word, too. It is FAR where no word is cut.
    """

    def __init__(self, text: str):
        kinds = _kinds(text)
        signs = np.flatnonzero(kinds == _SIGN)
        piece = np.cumsum(kinds <= _WORD_OF_ITS_OWN)[signs]  # white space and such words part the others
        goes_on = np.zeros(len(signs), dtype=bool)
        goes_on[1:] = piece[1:] == piece[:-1]
        begins = kinds == _WORD_OF_ITS_OWN
        begins[signs[~goes_on]] = True
        self._before = np.concatenate([[0], np.cumsum(begins)])
        self._signs = np.append(signs, FAR)
        self._cut = np.append(np.where(goes_on, signs, FAR), FAR)

    def before(self, places: np.ndarray) -> np.ndarray:
        return self._before[places]

    def cut(self, places: np.ndarray) -> np.ndarray:
        return self._cut[np.searchsorted(self._signs, places)]


def _kinds(text):
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _kind_of[points]
    if (kinds == 255).any():
        for point in np.unique(points[kinds == 255]):
            found = _KINDS.match(chr(point))
            _kind_of[point] = found.lastindex - 1 if found else _OTHER
        kinds = _kind_of[points]
    return kinds
