"""The codebook's page, and merging, in a book of 1,000 codes with 200,000 coded segments."""

import time
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coding import codebook
from coding.models import Code, CodedSegment
from interviews import history
from interviews.models import Event

from . import material

LEVELS = 8
MOST_QUERIES = 8


def large_book(bench):
    """Made once: families with a branch down to the eighth level each, and two codes that have much to merge."""
    if not hasattr(bench, "_book"):
        scale = bench.scale
        study = material.make_study("Large codebook", bench.owner, bench.coders)
        _fill(study, scale.book_codes)
        transcripts = material.make_transcripts(study, scale.book_transcripts, 5_000)
        material.make_codings(study, transcripts, scale.book_codings, bench.coders, quote=False)
        bench._book = study, *_two(study, scale.merged)
    return bench._book


def _fill(study, total):
    levels = [list(study.codes.filter(parent=None)), list(study.codes.exclude(parent=None))]
    while len(levels) < LEVELS:
        levels.append([_code(study, parent, number) for number, parent in enumerate(levels[-1][:60])])
    number = study.codes.count()
    while number < total:
        parents = levels[number % (LEVELS - 1)]
        parent = parents[number % len(parents)]
        levels[number % (LEVELS - 1) + 1].append(_code(study, parent, number))
        number += 1


def _code(study, parent, number):
    definition = f"What a respondent says about matter {number}, in general or of one occasion. " * 3
    return Code.objects.create(
        study=study,
        parent=parent,
        name=f"Code at {number} of {parent.pk}",
        order=number,
        definition=definition,
    )


def _two(study, size):
    """Two new codes, each with so many of the study's coded segments, of one coder on different words each."""
    codes = [Code.objects.create(study=study, name=name, order=99) for name in ("From", "Into")]
    rows = CodedSegment.objects.filter(tag__study=study).order_by("pk").values_list("content_object", "pk")
    found = list(dict(rows).values())[: 2 * size]
    for code, pks in zip(codes, (found[:size], found[size:]), strict=True):
        for start in range(0, len(pks), 500):
            CodedSegment.objects.filter(pk__in=pks[start : start + 500]).update(tag=code)
    return codes


def measure(bench, server):
    study, code, into = large_book(bench)
    home, report = f"/studies/{study.slug}/", bench.report
    size = f"{study.codes.count():,} codes"
    connected = bench.page(server)
    times = [connected.get(f"{home}codebook/")[1] * 1000 for _ in range(bench.scale.repeats)]
    report.line(f"codebook page, {size}", median(times), 300, "ms", max(times))
    with CaptureQueriesContext(connection) as queries:
        client = Client(HTTP_HOST="127.0.0.1")
        client.force_login(bench.owner)
        before = len(queries)
        status = client.get(f"{home}codebook/").status_code
    if status != 200:
        raise RuntimeError(f"The codebook's page answers {status}.")
    report.line(f"codebook page, {size}: queries", len(queries) - before, MOST_QUERIES, "")
    merging, undoing = [], []
    for _ in range(3):
        merging.append(_timed(codebook.merge, code, into, bench.owner))
        last = Event.objects.filter(study=study).latest("pk")
        undoing.append(_timed(history.undo, last, bench.owner))
    moved = f"{bench.scale.merged:,} coded segments"
    report.line(f"merge of {moved}", median(merging), 2000, "ms", max(merging))
    report.line(f"merge of {moved}, undone", median(undoing), 2000, "ms", max(undoing))


def _timed(act, *arguments):
    start = time.perf_counter()
    act(*arguments)
    return (time.perf_counter() - start) * 1000
