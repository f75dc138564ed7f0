"""How much each respondent said, and where in it a segment lies: what a coded share of the text is a share of."""

from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate

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

    def span(self, transcript, respondent, start, end):
        """The part of the line that a segment of the respondent's words takes; what others say in it is left out."""
        if (transcript, respondent) not in self.where:
            return 0, 0
        at, *speech = self.where[transcript, respondent]
        return at + _said_before(start, *speech), at + _said_before(end, *speech)

    def said(self, pairs):
        """How many characters these ``(transcript, respondent)`` have together."""
        return sum(self.where[pair][3][-1] for pair in pairs if pair in self.where)


def _said_before(position, starts, ends, before):
    number = bisect_right(starts, position) - 1
    if number < 0:
        return 0
    return before[number] + min(position, ends[number]) - starts[number]
