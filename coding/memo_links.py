"""Links in memos to passages, when the text of these is edited: each goes on leading to its words."""

import re

from django.urls import reverse

from . import memos
from .models import Memo
from .reanchor import follow_ranges


def carry(edit, ranges):
    """Have links into an edited transcript lead to where their passages are now; images before and after.

    ``ranges`` says of the segments where they went. An undo puts a memo's text back, if it was not changed meanwhile.
    """
    links = memos.links_into(Memo.objects.filter(study=edit.transcript.study_id), edit.transcript.pk)
    before, after, changed = {}, {}, []
    for memo in Memo.objects.filter(pk__in=links):
        places = {span: ranges.get(span) or _place(edit, *span) for span in links[memo.pk]}
        text = _as_it_was(edit, memo) or _moved(memo.text, edit.transcript.pk, places)
        if text != memo.text:
            key = f"memo:{memo.pk}"
            before[key], after[key] = {"text": memo.text}, {"text": text}
            memo.text = text
            changed.append(memo)
    Memo.objects.bulk_update(changed, ["text"], batch_size=100)
    return before, after


def _place(edit, start, end):
    """Where a linked range is now; one that is no range of the text stays as it is."""
    if not start < end <= len(edit.old):
        return start, end
    place = edit.map.place(start, end)
    return place.start, place.end


def _as_it_was(edit, memo):
    """The text that the edit which is taken back found in a memo, if the memo is as that edit left it."""
    key = f"memo:{memo.pk}"
    if edit.undoes is None or edit.undoes.after.get(key, {}).get("text") != memo.text:
        return None
    return edit.undoes.before[key]["text"]


def _moved(text, transcript_id, places):
    address = re.escape(reverse("coding:transcript", args=[transcript_id]))

    def put(found):
        span = int(found[2]), int(found[3])
        start, end = places.get(span, span)
        return f"{found[1]}{start}-{end}"

    return re.sub(rf"({address}#at)(\d{{1,9}})-(\d{{1,9}})", put, text)


follow_ranges(carry)
