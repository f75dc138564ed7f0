"""Addresses that nobody means well with: each is answered or refused in words, whatever its parameters say."""

from urllib.parse import quote

from django.db import transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from coding.models import Memo
from tests.factories import (
    make_attribute,
    make_code,
    make_coded_segment,
    make_lead,
    make_respondent,
    make_study,
    make_transcript,
    make_type,
)

OF_STUDY = [
    "coding:query",
    "coding:passages",
    "coding:quotes",
    "coding:voices",
    "coding:matrix",
    "coding:retrieval",
    "coding:find",
    "coding:cooccurrence",
    "coding:pairs",
    "coding:take-out",
    "coding:pictures",
    "coding:results",
    "coding:report",
    "coding:memos",
    "coding:study",
    "coding:codebook",
    "coding:codebook-pane",
    "coding:codebook-as-of",
    "coding:recoding",
    "coding:export-coded-segments",
    "coding:export-crosstab",
    "coding:export-matrix",
    "coding:export-cooccurrence",
    "coding:export-cooccurrence-xlsx",
    "coding:crosstab-picture",
    "coding:picture",
    "coding:network",
    "interviews:history",
    "interviews:export-history",
    "interviews:respondents",
    "api:get_crosstab",
]
OF_TRANSCRIPT = [
    "coding:transcript",
    "coding:coded-transcript",
    "coding:coded-transcript-html",
    "interviews:edit-text",
]
KNOWN = {
    "by": ["respondent_type", "respondent", "transcript", "coder", "years", "since", "founder", "city"],
    "across": ["respondent_type", "years", "since"],
    "group": ["3", "6", "decade", "month"],
    "across_group": ["4", "year"],
    "limits": ["5, 10", "nan", "1,nan,5", "inf", "-inf", "1e400", "5;;10", ",".join(map(str, range(40)))],
    "count": ["respondents", "transcripts", "segments", "coded_segments", "words", "share"],
    "show": [
        "n",
        "percent",
        "row",
        "deviation",
        "passages",
        "respondents",
        "without",
        "count",
        "coefficient",
    ],
    "how": ["overlap", "nesting", "turn", "respondent"],
    "is": ["overlap", "within", "encloses", "near", "before", "after"],
    "mode": ["exact", "words", "regex"],
    "unit": ["turns", "words"],
    "match": ["any", "all"],
    "sort": ["codebook", "most", "transcript", "respondent", "-pseudonym", "years"],
    "codes": ["families", "all"],
    "speaker": ["all", "respondents", "interviewers"],
    "picture": ["strips", "respondents", "types", "time"],
    "cell": [",", ",nobody", "0,"],
    "pair": [",", "0,0", "1", "1,2,3"],
    "file": ["coded-segments", "matrix"],
    "where": ["years:7", "years:", "founder:yes", "city:北京", ":", "nothing:1", "city"],
    "n": ["0", "3", "10000", "10001"],
    "least": ["0", "2", "999999"],
    "about": ["segment:1", "code:", "x:1"],
}
SHARED = [  # values that several parameters take
    ("day since until", ["2026-11-26", "9999-12-31", "0001-01-01", "2026-02-30", "2026W011"]),
    ("own not whole memo total test hide review subcodes retired", ["yes"]),
    ("children ink values shown", ["no", "bars"]),
    ("q memo_q", ["we", "國", "Ａ", "(a+)+$", "(" * 90, "[", "a{99999}", "\\", "(?P<a", "  "]),
    ("page seed size revision start end coded person", ["1", "2"]),
    ("code with none to on pick result respondent", []),
    ("respondent_type type coder kind attribute column chosen back", []),
]
KNOWN |= {name: [*KNOWN.get(name, []), *values] for names, values in SHARED for name in names.split()}
HOSTILE = [
    "",
    " ",
    "0",
    "-1",
    "9" * 18,
    "9" * 19,
    "9" * 5000,
    "1e999",
    "0x10",
    "1.5",
    "²",
    "١٢",
    "nan",
    "None",
    "\0",
    "a\0b",
    "\ufffe",
    "%",
    "%s%n",
    "{0}",
    "'; DROP TABLE coding_code; --",
    '"><script>alert(1)</script>',
    "../../etc/passwd",
    "\r\nSet-Cookie: a=b",
    "😀" * 50,
    "a" * 3000,
    "," * 500,
    ":" * 500,
    "|\\|",
]


class HostileAddresses(TestCase):
    @classmethod
    def setUpTestData(cls):
        study = make_study("Team & return")
        for name, key, kind in [
            ("Years", "years", "number"),
            ("Since", "since", "date"),
            ("Founder", "founder", "yes_no"),
            ("City", "city", "text"),
        ]:
            make_attribute(study, name, key=key, kind=kind)
        returnee, migrant = make_type(study, "Returnee"), make_type(study, "Migrant")
        people = [
            make_respondent(study, "Wenbo", returnee, years=7, since="2001-05-01", founder=True, city="北京"),
            make_respondent(study, "Ms Li", migrant, years="nan", since="soon", founder=None, city="=1+1"),
        ]
        lead = make_lead(study)
        theme = make_code(study, "Team")
        codes = [theme, make_code(study, "Team return", theme), make_code(study, "家人 | \\ family")]
        codes[1].asked_of.set([returnee])
        for person in people:
            transcript = make_transcript(study, respondent=person)
            for number, code in enumerate(codes):
                make_coded_segment(transcript, code, lead, 34 + number, 60, respondent=person)
        Memo.objects.create(study=study, author=lead, text="On teams.", code=theme)
        cls.study, cls.lead, cls.transcript = study, lead, transcript
        of_code = [str(code.pk) for code in codes]
        cls.values = dict.fromkeys(("code", "with", "none", "to", "on", "pick", "codes"), of_code) | {
            "cell": [f"{theme.pk},", f"{theme.pk},returnee", f"{theme.pk},{people[0].pk}"],
            "pair": [f"{one.pk},{other.pk}" for one in codes for other in codes],
            "respondent_type": ["returnee", "migrant", "nobody"],
            "respondent": [str(people[0].pk)],
            "coder": [lead.username],
            "type": ["returnee"],
            "chosen": [str(transcript.pk), f"{transcript.pk}.1.34.60"],
        }

    def addresses(self):
        yield from (reverse(name, args=[self.study.slug]) for name in OF_STUDY)
        yield from (reverse(name, args=[self.transcript.pk]) for name in OF_TRANSCRIPT)

    def values_of(self, name):
        known = [*KNOWN[name], *self.values.get(name, [])]
        return st.sampled_from([*known, *known, *HOSTILE] if known else HOSTILE) | st.text(max_size=12)

    def query(self):
        names = st.sampled_from(sorted(KNOWN))
        pair = names.flatmap(lambda name: st.tuples(st.just(name), self.values_of(name)))
        return st.lists(pair, max_size=9)

    def ask(self, address, pairs):
        query = "&".join(f"{quote(name)}={quote(value.encode(errors='replace'))}" for name, value in pairs)
        response = self.client.get(f"{address}?{query}")
        body = response.getvalue() if response.streaming else response.content
        assert response.status_code < 500, (response.status_code, address, pairs)
        if "html" in response["Content-Type"]:
            assert b"<script>alert" not in body, (address, pairs)
        return response

    @settings(max_examples=60)
    @given(st.data())
    def test_every_address_is_answered_or_refused(self, data):
        self.client.force_login(self.lead)
        address = data.draw(st.sampled_from(list(self.addresses())))
        self.ask(address, data.draw(self.query()))

    def test_a_nul_is_refused_in_words_wherever_it_stands(self):
        self.client.force_login(self.lead)
        for address in self.addresses():
            for name in ("q", "coder", "code", "by", "unheard_of"):
                page = self.ask(address, [(name, "a\0b")]).content.decode()
                assert "cannot be read" in page or "no NUL sign" in page
        assert self.client.get("/studies/a%00b/").status_code == 400

    def test_a_nul_that_is_sent_is_kept_or_refused(self):
        self.client.force_login(self.lead)
        keep = reverse("coding:keep-result", args=[self.study.slug])
        sent = {"name": "a\0b", "kind": "crosstab", "address": "", "freeze": "yes"}
        with transaction.atomic():
            answer = self.client.post(keep, sent)
            transaction.set_rollback(True)
        assert answer.status_code in (302, 400), answer.status_code
