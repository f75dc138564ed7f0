"""How much each respondent said, and where in it a segment lies: what a coded share of the text is a share of."""

from collections import defaultdict
from itertools import accumulate

import numpy as np

from interviews.models import Speaker, Transcript


class Said:
    """The words of respondents laid end to end on one line of characters, labels and interviewers left out."""

    def __init__(self, transcripts):
        self.length, self.where = 0, {}
        for transcript, stretches in self._speech(transcripts):
            for respondent, found in stretches.items():
                starts = [start for start, _end in found]
                ends = [end for _start, end in found]
                before = [0, *accumulate(end - start for start, end in found)]
                self.where[transcript, respondent] = self.length, starts, ends, before
                self.length += before[-1]

    @staticmethod
    def _speech(transcripts):
        """``(transcript, {respondent: [(start, end)]})``, the stretches in order."""
        speakers = defaultdict(dict)
        rows = Speaker.objects.filter(transcript__in=transcripts).order_by()
        for transcript, label, respondent, asks in rows.values_list(
            "transcript_id", "label", "respondent_id", "is_interviewer"
        ):
            speakers[transcript][label] = respondent, asks
        texts = Transcript.objects.filter(pk__in=transcripts).order_by()
        for pk, main, turns in texts.values_list("pk", "respondent_id", "turns").iterator(chunk_size=50):
            found = defaultdict(list)
            for turn in turns:
                respondent, asks = speakers[pk].get(turn["speaker"], (None, False))
                respondent = respondent or main
                if not asks and respondent is not None:
                    found[respondent].append((turn["said"], turn["end"]))
            yield pk, found

    def places(self, transcript, respondent, places):
        """Where some places of a transcript (an array) lie on the line of what the respondent says in it; places in
        others' words lie at the end of the respondent's before them.
        """
        if (transcript, respondent) not in self.where:
            return np.zeros(len(places), dtype=np.int64)
        at, starts, ends, before = self.where[transcript, respondent]
        number = np.searchsorted(starts, places, side="right") - 1
        inside = np.minimum(places, np.take(ends, number)) - np.take(starts, number)
        return at + np.where(number < 0, 0, np.take(before, number) + inside)

    def said(self, pairs):
        """How many characters these ``(transcript, respondent)`` have together."""
        return sum(self.where[pair][3][-1] for pair in pairs if pair in self.where)
