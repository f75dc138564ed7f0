"""The measures, on the database that the environment names; started by bench.run."""

import json
import os
import random
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median, quantiles
from urllib.parse import urlencode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models.functions import Length
from django.test import Client
from django.test.utils import CaptureQueriesContext

from coding import reanchor
from coding.models import CodedSegment
from interviews import editing
from interviews.models import Transcript, Upload
from interviews.tokens import make_api_token
from tools.serve import update_static_files

from . import asking, book, browser, firefox, hostile, looking_back, material, raw
from .http import Connection, bearer, multipart
from .server import running

ON_SQLITE = connection.vendor == "sqlite"


@dataclass
class Scale:
    words: int
    segments: int
    crosstabs: tuple
    export: int
    files: int
    file_words: int
    seconds: int
    repeats: int
    applies: int
    long_text: int
    pages: int
    hostile: int
    longest: int
    frames: int
    asked_transcripts: int
    asked_words: int
    asked_codings: int
    asked_codes: int
    asked_people: int
    book_codes: int
    book_transcripts: int
    book_codings: int
    merged: int
    events: int
    times_sql: int | None  # this and the next are told, without a limit, where few rows are asked for
    rows_a_second: bool


SCALES = {
    "full": Scale(
        words=100_000,
        segments=20_000,
        crosstabs=(100_000, 1_000_000),
        export=100_000,
        files=60,
        file_words=8_000,
        seconds=20,
        repeats=9,
        applies=300,
        long_text=2_600_000,
        pages=300,
        hostile=500,
        longest=1_000_000,
        frames=240,
        asked_transcripts=1_000,
        asked_words=8_000,
        asked_codings=1_000_000,
        asked_codes=37,
        asked_people=500,
        book_codes=1_000,
        book_transcripts=60,
        book_codings=200_000,
        merged=20_000,
        events=200_000,
        times_sql=2,
        rows_a_second=True,
    ),
    "small": Scale(
        words=10_000,
        segments=2_000,
        crosstabs=(5_000, 20_000),
        export=5_000,
        files=3,
        file_words=2_000,
        seconds=1,
        repeats=2,
        applies=40,
        long_text=200_000,
        pages=20,
        hostile=24,
        longest=50_000,
        frames=30,
        asked_transcripts=40,
        asked_words=2_000,
        asked_codings=20_000,
        asked_codes=5,
        asked_people=30,
        book_codes=100,
        book_transcripts=4,
        book_codings=2_000,
        merged=500,
        events=5_000,
        times_sql=None,
        rows_a_second=False,
    ),
}


class Report:
    """Prints one line a measure and remembers whether all are within their limits."""

    def __init__(self, most_times):
        self.within = True
        self.most_times = most_times

    def line(self, name, value, limit, unit, high=None, least=False):
        """``least``: the limit is a least, not a most. Without a limit (None) the value is only told."""
        if limit is None:
            print(f"{name:48} {connection.vendor:10} {value:>7.1f} {unit:2}", flush=True)
            return
        used = limit / value if least and value else value / limit if limit else float(value > 0)
        self.within &= used <= 1
        sign = "≥" if least else "≤"
        tail = f"{high:.1f} {unit}" if high is not None else ""
        columns = f"{name:48} {connection.vendor:10} {value:>7.1f} {unit:2} {tail:>10} {sign:>5} {limit:g} {unit:<4}"
        print(f"{columns} {used:>5.2f}{'' if used <= 1 else '  over'}", flush=True)

    def ratio(self, name, value, by_sql):
        """Beside the time of plain SQL for the same answer; of few rows most is the page itself."""
        self.line(f"{name}: times plain SQL", value / by_sql, self.most_times, "×")


def p95(values):
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


class Bench:
    """A database with generated studies, and the measures of a server on it."""

    def __init__(self, scale):
        self.scale = scale
        self.report = Report(scale.times_sql)
        call_command("migrate", interactive=False, verbosity=0)
        update_static_files()
        self.owner, self.coders = material.make_people()
        self.token = make_api_token(self.owner, "bench")
        self.tokens = [make_api_token(coder, "bench") for coder in self.coders]
        client = Client()
        client.force_login(self.owner)
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        self.chance = random.Random(1)
        self._coded = {}

    def study(self, name):
        return material.make_study(name, self.owner, self.coders)

    def connect(self, server):
        return Connection(server.port, bearer(self.token))

    def page(self, server):
        return Connection(server.port, {"Cookie": self.cookie, "Accept-Encoding": "gzip"})

    def form_page(self, server):
        """A connection that may send the forms of pages, as a script of theirs does."""
        secret = "b" * 32
        cookie = f"{self.cookie}; {settings.CSRF_COOKIE_NAME}={secret}"
        return Connection(
            server.port, {"Cookie": cookie, "X-CSRFToken": secret, "X-Requested-With": "XMLHttpRequest"}
        )

    def big_transcript(self):
        return self.coded_transcript(self.scale.words, self.scale.segments)

    def coded_transcript(self, words, segments):
        """A transcript with so many codings, made once: (transcript, its codes)."""
        if (words, segments) not in self._coded:
            study = self.study(f"{words} words, {segments} codings")
            transcript = material.make_transcripts(study, 1, words)[0]
            material.make_codings(study, [transcript], segments, self.coders, lengths=material.LONG)
            codes = list(study.codes.exclude(parent=None).values_list("pk", flat=True))
            self._coded[words, segments] = transcript, codes
        return self._coded[words, segments]

    def read_transcripts(self):
        """What is read in a browser: (words, codings), and what may be until ready, drawn, painted; a frame; memory."""
        words, segments = self.scale.words, self.scale.segments
        return {
            (words, segments): (1200, 150, 50, 33, 350),
            (words, segments // 4): (1200, 150, 35, 18, 350),
            (self.scale.longest, segments): (3000, None, None, None, None),
        }

    def counted_study(self, total):
        """A study of so many coded segments, made once: (study, one of its transcripts)."""
        if not hasattr(self, "_counted"):
            self._counted = {}
        if total not in self._counted:
            study = self.study(f"Study of {total}")
            transcripts = material.make_transcripts(study, min(200, max(12, total // 1000)), 2_000)
            material.make_codings(study, transcripts, total, self.coders, quote=total <= 200_000)
            material.settle()
            self._counted[total] = study, transcripts[0]
        return self._counted[total]

    def change(self, transcript, codes):
        start = self.chance.randrange(len(transcript.text) - 300)
        return {
            "id": str(uuid.uuid4()),
            "do": "apply",
            "start": start,
            "end": start + self.chance.randint(20, 280),
            "code": self.chance.choice(codes),
        }

    def apply(self, connected, transcript, codes):
        """Apply a code by the API; returns the seconds it took."""
        sent = {"revision": 1, "changes": [self.change(transcript, codes)]}
        answer, seconds = connected.post_json(f"/api/transcripts/{transcript.pk}/changes/", sent)
        if answer["results"][0]["state"] == "refused":
            raise RuntimeError(f"A change was refused: {answer['results'][0]}")
        return seconds

    def open_transcript(self, server):
        transcript, _codes = self.big_transcript()
        paths = [f"/transcripts/{transcript.pk}/", f"/api/transcripts/{transcript.pk}/segments/"]
        connected = self.page(server)
        times = [sum(connected.get(path)[1] for path in paths) for _ in range(self.scale.repeats + 1)]
        name = f"open {self.scale.words:,} words, {self.scale.segments:,} codings"
        self.report.line(name, median(times[1:]) * 1000, 250, "ms", p95(times[1:]) * 1000)
        client = Client(headers={"host": "127.0.0.1", "cookie": self.cookie})
        with CaptureQueriesContext(connection) as queries:
            for path in paths:
                if client.get(path).status_code != 200:
                    raise RuntimeError(f"{path} does not answer.")
        self.report.line(f"{name}: queries", len(queries), 8, "")

    def apply_code(self, server):
        transcript, codes = self.big_transcript()
        connected = self.connect(server)
        for _ in range(5):
            self.apply(connected, transcript, codes)
        times = [self.apply(connected, transcript, codes) * 1000 for _ in range(self.scale.applies)]
        self.report.line("apply a code: median", median(times), 15, "ms")
        self.report.line("apply a code: p95", p95(times), 40, "ms")

    def edit_text(self, server):
        """A word put in near the beginning, and one in the middle, of a long text: where all its codings go."""
        text = self.big_transcript()[0].text
        middle = text.index(" ", len(text) // 2)
        edited = f"{text[:100]} now{text[100:middle]} then{text[middle:]}"
        times = []
        for _ in range(3):
            transcript = Transcript.objects.get(pk=self.big_transcript()[0].pk)
            edit = editing.Edit(transcript, edited)
            turns = edit.turns
            with transaction.atomic():
                start = time.perf_counter()
                _before, _after, receipt = reanchor.carry(edit)
                times.append((time.perf_counter() - start) * 1000)
                transaction.set_rollback(True)
            if not turns or not receipt.kept:
                raise RuntimeError("No coding was kept.")
        name = f"re-anchor {self.scale.segments:,} in {self.scale.words:,} words"
        self.report.line(name, median(times), 1000, "ms", max(times))

    def write_at_once(self, server):
        transcript, codes = self.big_transcript()
        before = CodedSegment.objects.count()
        job = {
            "port": server.port,
            "tokens": self.tokens,
            "transcript": transcript.pk,
            "length": len(transcript.text),
            "revision": 1,
            "codes": codes,
            "seconds": self.scale.seconds,
            "seed": 7,
        }
        command = [sys.executable, "-m", "bench.writers"]
        ran = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=True)
        found = json.loads(ran.stdout)
        if found["errors"]:
            print(f"errors: {found['errors'][:3]}")
        rate = len(found["done"]) / found["elapsed"]
        milliseconds = [1000 * seconds for seconds in found["seconds"]] or [float("inf")]
        name = f"{len(self.tokens)} coders at once, {self.scale.seconds} s"
        self.report.line(f"{name}: changes", rate, 120 if ON_SQLITE else 200, "/s", least=True)
        limit = 250 if ON_SQLITE else 1000
        self.report.line(f"{name}: answer, p95", p95(milliseconds), limit, "ms")
        self.report.line(f"{name}: errors", len(found["errors"]), 0, "")
        stored = sum(
            CodedSegment.objects.filter(pk__in=found["done"][i : i + 500]).count()
            for i in range(0, len(found["done"]), 500)
        )
        self.report.line(f"{name}: answered but lost", len(found["done"]) - stored, 0, "")
        self.report.line(f"{name}: not answered for", CodedSegment.objects.count() - before - stored, 0, "")

    def cross_tabulate(self, server):
        for total, limit in zip(self.scale.crosstabs, (150, 1000), strict=True):
            study, transcript = self.counted_study(total)
            codes = list(study.codes.exclude(parent=None).values_list("pk", flat=True))
            connected = self.connect(server)
            path = f"/api/studies/{study.slug}/crosstab/?by=respondent_type&count=respondents"
            times = []
            for _ in range(self.scale.repeats):
                self.apply(connected, transcript, codes)  # a changed study is counted anew
                times.append(connected.get(path)[1] * 1000)
            self.report.line(f"cross-tabulation of {total:,}", median(times), limit, "ms", p95(times))
            body, seconds = connected.get(path)
            if not json.loads(body)["rows"]:
                raise RuntimeError("The cross-tabulation is empty.")
            self.report.line(f"cross-tabulation of {total:,}, unchanged", seconds * 1000, limit, "ms")

    def export(self, server):
        study, _transcript = self.counted_study(self.scale.export)
        path = f"/studies/{study.slug}/export/coded-segments.csv"
        expected = CodedSegment.objects.filter(tag__study=study).count()
        firsts, times, growths = [], [], []
        for _ in range(3):
            connected = Connection(server.port, {"Cookie": self.cookie})
            with server.memory_watched() as memory:
                start = time.perf_counter()
                body, seconds = connected.expect(
                    200,
                    "GET",
                    path,
                    on_first_byte=lambda begun=start: firsts.append(time.perf_counter() - begun),
                )
            times.append(seconds)
            growths += [memory[1] - memory[0]] if memory[0] is not None else []
            lines = body.count(b"\r\n") - 1
            if lines < expected:
                raise RuntimeError(f"{lines} lines of {expected} coded segments.")
        name = f"CSV of {self.scale.export:,} rows"
        least = self.scale.rows_a_second and (40_000 if ON_SQLITE else 60_000)
        self.report.line(f"{name}: rows a second", expected / median(times), least or None, "", least=True)
        self.report.ratio(name, median(times) * 1000, raw.export(study, 3))
        self.report.line(f"{name}: first byte", median(firsts) * 1000, 300, "ms", max(firsts) * 1000)
        if growths:
            self.report.line(f"{name}: memory growth", max(growths) / 2**20, 30, "MB")

    def import_files(self, server):
        """Files staged as the import page sends them, three at once, and imported by its one button."""
        number, words = self.scale.files, self.scale.file_words
        files = [(f"interview{seed}.docx", material.make_docx(words, seed)) for seed in range(number)]
        name = f"stage and import {number} docx of {words:,} words"
        self.report.line(name, self.staged_and_imported(server, files), 25, "s")
        text, _turns = material.make_text(self.scale.long_text // 6, seed=99)
        long_text = text.encode()[: self.scale.long_text].decode(errors="ignore").encode()
        name = f"stage and import a text of {len(long_text) / 1e6:.1f} MB"
        self.report.line(name, self.staged_and_imported(server, [("long.txt", long_text)]), 3, "s")
        pages = self.scale.pages
        name = f"stage and import a PDF of {pages} pages"
        pdf = material.make_talk_pdf(pages)
        self.report.line(name, self.staged_and_imported(server, [("long.pdf", pdf)]), 5, "s")

    def staged_and_imported(self, server, files):
        """The seconds that files take from the first byte sent to the last transcript in the study."""
        study = self.study("Import")
        page = f"/studies/{study.slug}/import/"

        def send(batch):
            connected = self.form_page(server)
            for name, data in batch:
                body, content_type = multipart("file", name, data)
                connected.expect(200, "POST", f"{page}files/", body, content_type)

        start = time.perf_counter()
        with ThreadPoolExecutor(3) as senders:
            list(senders.map(send, (files[third::3] for third in range(3))))
        body = urlencode({"do": "import"}).encode()
        self.form_page(server).expect(302, "POST", page, body, "application/x-www-form-urlencoded")
        seconds = time.perf_counter() - start
        if study.transcripts.count() != len(files):
            raise RuntimeError(f"{study.transcripts.count()} transcripts of {len(files)} files.")
        return seconds

    def hostile_files(self, server):
        """Files made to break a reader, sent to the import page one by one."""
        study = self.study("Hostile files")
        connected, slowest, wrong = self.form_page(server), 0, []
        for name, data in hostile.good_files():
            self.send_hostile(connected, study, name, data)
        memory = server.memory()
        for name, data in self.all_hostile_files():
            seconds, problem = self.send_hostile(connected, study, name, data)
            slowest = max(slowest, seconds)
            wrong += [f"{name}: {problem}"] if problem else []
        for line in wrong[:5]:
            print(line)
        name = f"{self.scale.hostile} hostile files"
        self.report.line(f"{name}: not read nor refused in words", len(wrong), 0, "")
        self.report.line(f"{name}: the slowest", slowest, 20, "s")
        if memory is not None:
            self.report.line(f"{name}: memory growth", (server.memory() - memory) / 2**20, 50, "MB")

    def all_hostile_files(self):
        yield "bomb.zip", hostile.bomb(name="a.txt")
        yield "bomb.docx", hostile.bomb(**{"[Content_Types].xml": material.CONTENT_TYPES})
        exhausting = list(hostile.exhausting_files())
        yield from exhausting
        yield from hostile.mutated_files(self.scale.hostile - len(exhausting) - 2)

    def send_hostile(self, connected, study, name, data):
        """How long it took, and what is wrong with the answer, if anything."""
        body, content_type = multipart("file", name, data)
        start = time.perf_counter()
        status, _body = connected.request("POST", f"/studies/{study.slug}/import/files/", body, content_type)
        seconds = time.perf_counter() - start
        uploads = Upload.objects.filter(study=study)
        found = list(uploads.values_list("problem", Length("text"), "encodings"))
        uploads.delete()
        is_said = all(problem.endswith(".") if problem else length or more for problem, length, more in found)
        return seconds, "" if status == 200 and found and is_said else f"{status}, {found[:2]}"

    def in_chromium(self, server):
        with browser.chromium(f"http://127.0.0.1:{server.port}", self.cookie) as new_tab:
            self.read(new_tab, "Chromium")

    def in_firefox(self, server):
        try:
            with firefox.firefox(f"http://127.0.0.1:{server.port}", self.cookie) as new_tab:
                self.read(new_tab, "Firefox")
        except firefox.Missing as missing:
            print(f"Firefox is left out: {missing}", flush=True)

    def read(self, new_tab, name):
        """Open, code and scroll transcripts as a coder does."""
        for (words, segments), limits in self.read_transcripts().items():
            line = partial(self.in_browser, f"{name} {words // 1000}k/{segments / 1000:g}k")
            transcript, _codes = self.coded_transcript(words, segments)
            tab = new_tab()
            ready, drawn = browser.opened(tab, f"/transcripts/{transcript.pk}/", self.scale.repeats)
            painted = browser.applied(tab, 5 * self.scale.repeats)
            frames = [browser.scrolled(tab, self.scale.frames, start) for start in (0, 0.5)]
            memory = tab.memory()
            line("to read after navigation", ready, limits[0])
            line("text to highlights drawn", drawn, limits[1])
            line("key to code painted", painted, limits[2])
            line("frame while scrolling, p95", [browser.high(times) for times in frames], limits[3])
            if memory:
                line("memory", [memory / 2**20], limits[4], "MB")

    def in_browser(self, name, what, values, limit, unit="ms"):
        self.report.line(f"{name}: {what}", median(values), limit, unit, p95(values))


MEASURES = {
    "open": Bench.open_transcript,
    "apply": Bench.apply_code,
    "crosstab": Bench.cross_tabulate,
    "csv": Bench.export,
    "chromium": Bench.in_chromium,
    "firefox": Bench.in_firefox,
    "import": Bench.import_files,
    "hostile": Bench.hostile_files,
    "edit": Bench.edit_text,
    "ask": asking.measure,
    "codebook": book.measure,
    "history": looking_back.measure,
    "writers": Bench.write_at_once,
}


def main():
    scale, *only = sys.argv[1:]
    bench = Bench(SCALES[scale])
    wanted = [name for name in MEASURES if (any(part in name for part in only) if only else name in usual())]
    prepare(bench, wanted)
    connections.close_all()
    failed = False
    with running() as server:
        for name in wanted:
            try:
                MEASURES[name](bench, server)
            except (RuntimeError, OSError) as error:
                failed = True
                print(f"{name:48} {connection.vendor:10} failed: {error}", flush=True)
    connections.close_all()
    return int(failed or not bench.report.within)


def usual():
    """What is measured unless somebody names it: browsers and hostile files do not see which database it is."""
    return MEASURES.keys() - {"firefox"} - (set() if ON_SQLITE else {"chromium", "hostile"})


def prepare(bench, wanted):
    """Make the material before the server starts, so that nothing is measured while it is written."""
    if {"open", "apply", "edit", "writers"} & set(wanted):
        bench.big_transcript()
    if {"chromium", "firefox"} & set(wanted):
        for words, segments in bench.read_transcripts():
            bench.coded_transcript(words, segments)
    if "crosstab" in wanted:
        for total in bench.scale.crosstabs:
            bench.counted_study(total)
    if "ask" in wanted:
        asking.large_study(bench)
    if "codebook" in wanted:
        book.large_book(bench)
    if "history" in wanted:
        looking_back.long_study(bench)
    if "csv" in wanted:
        bench.counted_study(bench.scale.export)


if __name__ == "__main__":
    sys.exit(main())
