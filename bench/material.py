"""Generated studies of any size, written straight into the tables: what is measured is reading and changing them."""

import random
import textwrap
import uuid
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice

from django.contrib.auth import get_user_model
from django.db import connection, transaction

from coding.models import Code, CodedSegment, Segment
from interviews.access import Role
from interviews.models import Membership, Respondent, RespondentType, Speaker, Study, TextRevision, Transcript

WORDS = (  # noqa: SIM905 - as text it can be read
    "we returned together because the others had left already and nobody wanted to be the last one there so after two "
    "winters my cousin called about the company and said that the association could open a door at the ministry "
    "return home visa money team garage partner market laboratory patent school parents child airport letter 回国 创业"
).split()
TYPES = ("Returnee", "Migrant", "Institutional actor")
NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
CODERS = 16
LENGTHS = (40, 80, 120, 160, 240, 360)  # of codings, in characters
LONG = (40, 80, 120, 200, 340, 600)  # 20,000 of them in 100,000 words overlap nine deep on average


def make_people():
    """The bench's owner and its coders, who write at once."""
    make = get_user_model().objects.create_user
    return make("bench_owner"), [make(f"bench_coder_{number}") for number in range(CODERS)]


def make_study(name, owner, coders, respondents=60, children=5):
    """A study of three respondent types with a codebook of 8 x (1 + ``children``) codes."""
    study = Study.objects.create(name=name)
    Membership.objects.create(study=study, user=owner, role=Role.OWNER)
    Membership.objects.bulk_create(Membership(study=study, user=coder, role=Role.CODER) for coder in coders)
    types = [RespondentType.objects.create(study=study, name=name, order=i) for i, name in enumerate(TYPES)]
    Respondent.objects.bulk_create(
        Respondent(study=study, pseudonym=f"Person {i}", respondent_type=types[i % 3])
        for i in range(respondents)
    )
    for i in range(8):
        parent = Code.objects.create(study=study, name=f"Theme {i}", order=i)
        for j in range(children):
            Code.objects.create(study=study, name=f"Code {i}.{j}", parent=parent, order=j)
    return study


def make_text(words, seed):
    """Text of alternating speakers and its turns."""
    chance = random.Random(seed)
    parts, turns, position, left, asks = [], [], 0, words, True
    while left > 0:
        label = "INTERVIEWER" if asks else "PERSON"
        size = min(left, chance.randint(8, 30) if asks else chance.randint(40, 160))
        said = " ".join(chance.choices(WORDS, k=size))
        turn = f"{label}: {said}."
        start_of_words = position + len(label) + 2
        turns.append(
            {
                "start": position,
                "end": position + len(turn),
                "speaker": label,
                "at": None,
                "said": start_of_words,
            }
        )
        parts.append(turn)
        position += len(turn) + 2
        left -= size
        asks = not asks
    return "\n\n".join(parts) + "\n", turns


def make_transcripts(study, number, words):
    """Transcripts, the n-th of the n-th respondent, each with its own text."""
    respondents = list(study.respondents.order_by("pk"))
    made = []
    for i in range(number):
        text, turns = make_text(words, seed=i)
        respondent = respondents[i % len(respondents)]
        made.append(
            Transcript(
                study=study,
                title=f"Interview {i}",
                filename=f"interview{i}.txt",
                sha256=uuid.uuid4().hex * 2,
                text=text,
                turns=turns,
                words=words,
                respondent=respondent,
                created_at=NOW,
            )
        )
    Transcript.objects.bulk_create(made, batch_size=20)
    TextRevision.objects.bulk_create(
        [TextRevision(transcript=t, number=1, text=t.text, turns=t.turns) for t in made], batch_size=20
    )
    Speaker.objects.bulk_create(Speaker(transcript=t, label="INTERVIEWER", is_interviewer=True) for t in made)
    Speaker.objects.bulk_create(Speaker(transcript=t, label="PERSON", respondent=t.respondent) for t in made)
    return made


def make_codings(study, transcripts, total, coders, quote=True, lengths=LENGTHS):
    """Coded segments, evenly over the transcripts; two coders code most segments. Returns their number."""
    chance = random.Random(len(transcripts))
    codes = list(study.codes.exclude(parent=None).values_list("pk", flat=True))
    pairs = [(coder.pk, code) for coder in coders[:2] for code in codes]
    first = (Segment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    per_transcript = total // len(transcripts)
    segments, coded = [], []
    for transcript in transcripts:
        taken, made = set(), 0
        length = len(transcript.text)
        while made < per_transcript:
            start = chance.randrange(length - max(lengths))
            end = start + chance.choice(lengths)
            if (start, end) in taken:
                continue
            taken.add((start, end))
            key = first + len(segments)
            text = transcript.text[start:end] if quote else ""
            respondent = transcript.respondent_id
            segments.append((key, transcript.pk, start, end, text, (end - start) // 6, respondent))
            for coder, code in chance.sample(pairs, k=min(2, per_transcript - made)):
                coded.append((code, key, coder, respondent, 1, NOW))
                made += 1
    with transaction.atomic():
        copy(Segment, "id transcript_id start end quote words respondent_id", segments)
        ids = (uuid.UUID(int=chance.getrandbits(128), version=4) for _ in coded)
        columns = "id code_id segment_id coder_id respondent_id code_revision created_at"
        copy(CodedSegment, columns, ((key, *row) for key, row in zip(ids, coded, strict=True)))
    count_on(Segment)
    return len(coded)


def copy(model, columns, rows):
    """Write rows by the fastest way a database has."""
    quote = connection.ops.quote_name
    table, names = quote(model._meta.db_table), ", ".join(map(quote, columns.split()))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as lines:
                for row in rows:
                    lines.write_row(row)
            return
        marks = ", ".join(["%s"] * len(columns.split()))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own models
        rows = (tuple(plain(value) for value in row) for row in rows)
        while batch := list(islice(rows, 50_000)):
            cursor.executemany(statement, batch)


def plain(value):
    """What SQLite keeps of a value."""
    if isinstance(value, uuid.UUID):
        return value.hex
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value


def count_on(model):
    """Let ids that the database gives follow those written here; refresh its statistics."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)
        cursor.execute("ANALYZE")


CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?><w:document '
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'
)


def make_docx(words, seed):
    """A Word file as a transcriber would leave it: a paragraph a turn."""
    text, _turns = make_text(words, seed)
    paragraphs = "".join(
        f'<w:p><w:r><w:t xml:space="preserve">{line}</w:t></w:r></w:p>' for line in text.split("\n") if line
    )
    return make_zip(docx_parts(paragraphs))


def docx_parts(body):
    """The parts of a Word file around the XML of its body."""
    return {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELATIONS,
        "word/document.xml": DOCUMENT.format(body),
    }


def make_zip(parts, **options):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def make_pdf(*pages):
    """A PDF of pages, each a list of (left, baseline, text) in 12 point Helvetica."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for lines in pages:
        shown = "".join(f"BT /F1 12 Tf {x} {y} Td ({text}) Tj ET\n" for x, y, text in lines)
        objects.append(f"<< /Length {len(shown)} >>\nstream\n{shown}endstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    body = "".join(f"{number} 0 obj\n{content}\nendobj\n" for number, content in enumerate(objects, start=1))
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R >>\n%%EOF".encode("latin-1")


def make_talk_pdf(pages, lines=40):
    """A transcript as a PDF of so many pages, each with a running header and its number."""
    text, _turns = make_text(pages * lines * 12, seed=3)
    plain = text.encode("ascii", "ignore").decode().split("\n")
    rows = [row for line in plain for row in textwrap.wrap(line, 80)][: pages * lines]
    return make_pdf(
        *(
            [(72, 800, "Interview on return"), (290, 30, str(page + 1))]
            + [(72, 770 - 18 * i, row) for i, row in enumerate(rows[page * lines : (page + 1) * lines])]
            for page in range(pages)
        )
    )


def settle():
    """What PostgreSQL does by itself in the minutes after so much was written, so that it is not measured."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
