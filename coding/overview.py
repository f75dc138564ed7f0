"""What the study page tells of a study: its transcripts, how far each is coded and by whom."""

from collections import Counter, defaultdict

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, Exists, Max, OuterRef
from django.urls import reverse

from interviews.models import Attribute, Speaker

from .analysis.coverage import coded_turns
from .models import CodedSegment, Segment

PREFERRED_ATTRIBUTES = ["city", "place", "location"]


def overview(study):
    """The study's transcripts and numbers as plain values; an unchanged study answers from cache.

    ``{"transcripts": [{id, title, date, words, type, has_respondent, attribute, segments, coders: {coder id:
    number}, coded_turns, turns}], "attribute": name or None, "words", "codes", "types": [{id, name,
    respondents}], "untyped", "coded_by": {coder id: number}, "last_coded": {coder id: transcript id}}``
    """
    key = f"overview:{study.pk}:{study.last_event_id()}"
    found = cache.get(key)
    if found is None:
        found = _overview(study)
        cache.set(key, found, timeout=24 * 3600)
    return found


def _overview(study):
    respondents = {r.pk: r for r in study.respondents.kept().select_related("respondent_type")}
    attribute = _telling_attribute(study, respondents.values())
    speakers = defaultdict(list)
    for speaker in Speaker.objects.filter(transcript__study=study):
        speakers[speaker.transcript_id].append(speaker)
    ranges = _coded_ranges(study)
    numbers, coders, last_coded = _coding(study)
    transcripts = []
    for t in study.transcripts.kept().defer("text", "marks"):
        respondent = respondents.get(_main_respondent_id(t, speakers[t.pk]))
        interviewers = {speaker.label for speaker in speakers[t.pk] if speaker.is_interviewer}
        coded, turns = coded_turns(t.turns, interviewers, ranges[t.pk])
        transcripts.append(
            {
                "id": t.pk,
                "title": t.title,
                "date": t.interview_date,
                "words": t.words,
                "type": respondent.respondent_type_id if respondent else None,
                "has_respondent": respondent is not None,
                "attribute": respondent.values.get(attribute.key, "") if respondent and attribute else "",
                "segments": numbers[t.pk],
                "coders": coders[t.pk],
                "coded_turns": coded,
                "turns": turns,
            }
        )
    per_type = Counter(r.respondent_type_id for r in respondents.values())
    types = list(study.respondent_types.all())
    return {
        "transcripts": transcripts,
        "attribute": attribute.name if attribute else None,
        "words": sum(t["words"] for t in transcripts),
        "codes": study.codes.in_use().count(),
        "types": [{"id": t.pk, "name": t.name, "respondents": per_type[t.pk]} for t in types],
        "untyped": per_type[None],
        "coded_by": _sums(coders),
        "last_coded": last_coded,
    }


def _main_respondent_id(transcript, speakers):
    """Whose interview it is: the transcript's own respondent, else the first speaker's who has one."""
    mapped = (speaker.respondent_id for speaker in speakers if speaker.respondent_id)
    return transcript.respondent_id or next(mapped, None)


def _telling_attribute(study, respondents):
    """The attribute shown beside each transcript, or None.

    A place if the study has one, else the first text or choice that tells respondents apart without being
    different for each.
    """
    attributes = [a for a in study.attributes.all() if a.kind in (Attribute.Kind.TEXT, Attribute.Kind.ONE_OF)]
    preferred = [a for key in PREFERRED_ATTRIBUTES for a in attributes if a.key == key]
    for attribute in preferred + attributes:
        values = [r.values[attribute.key] for r in respondents if r.values.get(attribute.key)]
        if attribute in preferred and values:
            return attribute
        if 1 < len(set(values)) < len(values):
            return attribute
    return None


def _coded_ranges(study):
    """``{transcript id: [(start, end)]}`` of the segments that bear a code."""
    bearing = Exists(CodedSegment.objects.filter(content_object=OuterRef("pk")))
    ranges = defaultdict(list)
    rows = Segment.objects.filter(bearing, transcript__study=study, transcript__removed_at=None).order_by()
    for transcript_id, start, end in rows.values_list("transcript_id", "start", "end"):
        ranges[transcript_id].append((start, end))
    return ranges


def _coding(study):
    """Coded segments per transcript, ``{transcript: {coder: n}}``, and where each coder coded last."""
    rows = (
        CodedSegment.objects.filter(
            content_object__transcript__study=study, content_object__transcript__removed_at=None
        )
        .values("content_object__transcript", "coder")
        .annotate(n=Count("pk"), last=Max("created_at"))
        .order_by("last")
    )
    numbers, coders, last_coded = Counter(), defaultdict(dict), {}
    for row in rows:
        transcript_id, coder_id = row["content_object__transcript"], row["coder"]
        numbers[transcript_id] += row["n"]
        coders[transcript_id][coder_id] = row["n"]
        last_coded[coder_id] = transcript_id
    return numbers, coders, last_coded


def _sums(coders):
    coded_by = Counter()
    for per_coder in coders.values():
        coded_by.update(per_coder)
    return dict(coded_by)


def names_of(user_ids):
    return dict(get_user_model().objects.filter(pk__in=user_ids).values_list("pk", "username"))


def coded_segments_of(study, respondent=None):
    """``{respondent id: (number of coded segments, address of their passages)}``, of all or of one."""
    if respondent:
        return _count_coded_segments(study, respondent=respondent)
    key = f"coded-segments-of:{study.pk}:{study.last_event_id()}"
    return cache.get_or_set(key, lambda: _count_coded_segments(study))


def _count_coded_segments(study, **lookup):
    rows = CodedSegment.objects.of_study(study).filter(**lookup).exclude(respondent=None).order_by()
    rows = rows.filter(content_object__transcript__removed_at=None)
    retrieval = reverse("coding:retrieval", args=[study.slug])
    return {
        pk: (number, f"{retrieval}?show=passages&respondent={pk}")
        for pk, number in rows.values_list("respondent").annotate(n=Count("pk"))
    }
