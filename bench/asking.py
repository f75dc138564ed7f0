"""Retrieval, co-occurrence and text search in a study as large as they are promised for."""

from statistics import median
from urllib.parse import urlencode

from django.db import connection

from . import material, raw


def large_study(bench):
    """Made once: so many transcripts, codings, codes and respondents as the scale says."""
    if not hasattr(bench, "_large"):
        scale = bench.scale
        study = material.make_study(
            "Large study",
            bench.owner,
            bench.coders,
            respondents=scale.asked_people,
            children=scale.asked_codes,
        )
        transcripts = material.make_transcripts(study, scale.asked_transcripts, scale.asked_words)
        material.make_codings(study, transcripts, scale.asked_codings, bench.coders, quote=False)
        material.settle()
        bench._large = study, transcripts[0]
    return bench._large


def measure(bench, server):
    study, transcript = large_study(bench)
    parents = list(study.codes.filter(parent=None).order_by("pk").values_list("pk", flat=True))
    children = list(study.codes.exclude(parent=None).order_by("pk").values_list("pk", flat=True))
    home, size = f"/studies/{study.slug}/", f"{bench.scale.asked_codings:,} codings"
    three = {"show": "passages", "respondent_type": "returnee"}
    three_conditions, shared = (
        f"retrieval, three conditions, of {size}",
        f"co-occurrence by respondent, of {size}",
    )
    wanted = {
        three_conditions: (
            "retrieval/",
            three | {"with": parents[0], "is": "overlap", "to": parents[1]},
            500,
        ),
        f"retrieval, one code near one, of {size}": (
            "retrieval/",
            three | {"with": children[0], "is": "near", "to": children[-1], "n": 1},
            500,
        ),
        f"co-occurrence, families, of {size}": ("co-occurrence/", {}, 3000),
        f"co-occurrence, all codes, of {size}": ("co-occurrence/", {"codes": "all"}, 3000),
        f"co-occurrence by turn, of {size}": ("co-occurrence/", {"how": "turn"}, 3000),
        shared: ("co-occurrence/", {"how": "respondent"}, 3000),
    }
    plain = {  # where plain SQL has the same answer
        three_conditions: lambda: raw.overlapping(
            *parents[:2], three["respondent_type"], bench.scale.repeats
        ),
        shared: lambda: raw.sharing(study, bench.scale.repeats),
    }
    _crosstabs(bench, server, study, transcript, children)
    words = bench.scale.asked_transcripts * bench.scale.asked_words
    limit = 2000 if connection.vendor == "sqlite" else 1000
    for name, params in {
        "a word": {"q": "ministry"},
        "a rare phrase": {"q": "the ministry return home visa money"},
        "nothing": {"q": "xylophone"},
        "in respondents' words": {"q": "国 创业 we", "mode": "exact", "speaker": "respondents"},
    }.items():
        wanted[f"search {words:,} words: {name}"] = ("find/", params, limit)
    for name, (page, params, limit) in wanted.items():
        times = []
        connected = bench.page(server)
        for _ in range(bench.scale.repeats):
            bench.apply(bench.connect(server), transcript, children)  # a changed study is asked anew
            times.append(connected.get(f"{home}{page}?{urlencode(params)}")[1] * 1000)
        bench.report.line(name, median(times), limit, "ms", max(times))
        if name in plain:
            bench.report.ratio(name, median(times), plain[name]())


def _crosstabs(bench, server, study, transcript, codes):
    """Cold, and again while nothing has changed; words are beyond plain SQL."""
    path = f"/api/studies/{study.slug}/crosstab/"
    for count, limit in {"respondents": 800, "segments": 2500, "words": 3000, "share": 3000}.items():
        name, connected = f"cross-tabulation of {count}", bench.connect(server)
        cold, again = [], []
        for _ in range(bench.scale.repeats):
            bench.apply(connected, transcript, codes)
            cold.append(connected.get(f"{path}?count={count}")[1] * 1000)
            again.append(connected.get(f"{path}?count={count}")[1] * 1000)
        bench.report.line(name, median(cold), limit, "ms", max(cold))
        bench.report.line(f"{name}, unchanged", median(again), 50, "ms", max(again))
        if count in raw.COUNTED:
            bench.report.ratio(name, median(cold), raw.crosstab(study, count, bench.scale.repeats))
