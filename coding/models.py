"""What was found in the material: codes, the segments that bear them, and memos."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce, Left
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager, _TaggableManager
from taggit.models import ItemBase, TagBase

from interviews.access import StudyScopedQuerySet, roles_for
from interviews.history import tracked
from interviews.models import Respondent, RespondentType, RestrictedPassage, Study, Transcript

User = settings.AUTH_USER_MODEL


class CodeQuerySet(StudyScopedQuerySet):
    def in_use(self):
        """Codes that can be applied: not retired."""
        return self.filter(retired_at=None)

    def with_counts(self, coder=None):
        """Add ``n_coded_segments`` and ``n_coders``, of one coder or of all, in one grouped join."""
        only = Q(coded_segments__coder=coder) if coder else None
        return self.annotate(
            n_coded_segments=Count("coded_segments", filter=only),
            n_coders=Count("coded_segments__coder", filter=only, distinct=True),
        ).order_by("order", "name", "pk")  # a grouped query ignores Meta.ordering


class Code(TagBase):
    """A code of one study's codebook; ``parent`` makes the codebook a tree.

    The name is unique among siblings, so "Cost" may stand under both "Barriers" and "Benefits". A code that was ever
    used is not deleted: it is retired, or merged into another (which retires it).
    """

    class Origin(models.TextChoices):
        THEORY = "theory", _("From theory")
        DATA = "data", _("From the data")

    study = models.ForeignKey(Study, models.CASCADE, related_name="codes")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(max_length=220, allow_unicode=True, editable=False)
    colour = models.CharField(
        _("colour"),
        max_length=7,
        blank=True,
        help_text=_("As #rrggbb, kept for export; pages show the family's hue."),
    )
    definition = models.TextField(_("definition"), blank=True)
    include = models.TextField(_("include"), blank=True)
    exclude = models.TextField(_("exclude"), blank=True)
    example = models.TextField(_("example"), blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged_from"
    )
    asked_of = models.ManyToManyField(
        RespondentType,
        blank=True,
        related_name="+",
        verbose_name=_("asked of"),
        help_text=_("Respondent types that were asked about this; none chosen means all."),
    )
    guid = models.UUIDField(null=True, editable=False)  # of the program it came from; see refi_qda.guid_of
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CodeQuerySet.as_manager()

    class Meta:
        ordering = ["order", "name", "pk"]
        verbose_name = _("code")
        verbose_name_plural = _("codes")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "parent", "name"],
                name="code_name_unique_among_siblings",
                violation_error_message=_("There is a code of this name here already."),
            ),
            # NULL parents count as distinct above, hence a second constraint.
            models.UniqueConstraint(
                fields=["study", "name"],
                condition=Q(parent=None),
                name="code_name_unique_at_top_level",
                violation_error_message=_("There is a code of this name here already."),
            ),
            models.UniqueConstraint(fields=["study", "slug"], name="code_slug_unique_in_study"),
            models.UniqueConstraint(fields=["study", "guid"], name="code_guid_unique_in_study"),
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("id")), name="code_not_its_own_parent"
            ),
        ]

    def __str__(self):
        return self.name

    def clean(self):
        from .codebook import subtree_ids

        if self.parent and self.parent.study_id != self.study_id:
            raise ValidationError({"parent": _("The parent is of another study.")})
        if self.pk and self.parent_id in subtree_ids(self.study.codes.all(), self.pk):
            raise ValidationError({"parent": _("A code cannot be its own ancestor.")})

    def slugify(self, tag, i=None):
        return super().slugify(tag, i) if super().slugify(tag) else f"code{f'_{i}' if i else ''}"


class ReadOnlyCodes(_TaggableManager):
    """``segment.codes`` reads; writing takes a coder, so it has its own functions.

    taggit's own writers look codes up by bare name (in any study) and keep one row per code, not one per coder.
    """

    def _refuse(self, *args, **kwargs):
        raise TypeError("Codes are applied by coding.changes: it takes a coder.")

    add = remove = set = clear = _refuse


class SegmentQuerySet(StudyScopedQuerySet):
    study_path = "transcript__study"

    def coded_with(self, codes, coder=None):
        """Segments bearing any of the codes, each once however many coders agree."""
        rows = CodedSegment.objects.filter(content_object=OuterRef("pk"), tag__in=codes)
        return self.filter(Exists(rows.filter(coder=coder) if coder else rows))


class Segment(models.Model):
    """A stretch of a transcript: code points ``start`` to ``end``, end excluded; ``quote`` is its text.

    ``respondent`` is who speaks most of it, interviewers aside; null where only interviewers do. ``needs_eyes``: the
    text was edited and its words are others now; ``was_...`` say in which revision of the text it had the words it was
    made for, and where.
    """

    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="segments", db_index=False)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    quote = models.TextField()
    words = models.PositiveIntegerField(default=0)
    respondent = models.ForeignKey(Respondent, models.PROTECT, null=True, blank=True, related_name="segments")
    needs_eyes = models.BooleanField(default=False, db_default=False)
    was_revision = models.PositiveIntegerField(null=True, editable=False)
    was_start = models.PositiveIntegerField(null=True, editable=False)
    was_end = models.PositiveIntegerField(null=True, editable=False)
    codes = TaggableManager(through="coding.CodedSegment", manager=ReadOnlyCodes, blank=True)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        ordering = ["transcript", "start", "end"]
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [
            models.UniqueConstraint(fields=["transcript", "start", "end"], name="segment_range_unique"),
            models.CheckConstraint(condition=Q(start__lt=F("end")), name="segment_not_empty"),
        ]

    def __str__(self):
        return f"{self.transcript_id}:{self.start}-{self.end}"


class CodedSegmentQuerySet(StudyScopedQuerySet):
    study_path = "tag__study"

    def of_study(self, study):
        return self.filter(tag__study=study)


class CodedSegment(ItemBase):
    """One code applied to one segment by one coder: the unit every report counts.

    taggit requires the names ``tag`` and ``content_object``; the columns are ``code_id`` and ``segment_id``.
    ``respondent`` is the segment's, copied so that a cross-tabulation is one index scan.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tag = models.ForeignKey(
        Code,
        models.PROTECT,
        related_name="coded_segments",
        db_column="code_id",
        db_index=False,
        verbose_name=_("code"),
    )
    content_object = models.ForeignKey(
        Segment,
        models.PROTECT,
        related_name="coded_segments",
        db_column="segment_id",
        db_index=False,  # the unique constraint starts with it
        verbose_name=_("segment"),
    )
    coder = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="coded_segments",
        db_index=False,  # the index of coders' codes starts with it
        verbose_name=_("coder"),
    )
    respondent = models.ForeignKey(
        Respondent, models.PROTECT, null=True, blank=True, related_name="coded_segments"
    )
    code_revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CodedSegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("coded segment")
        verbose_name_plural = _("coded segments")
        indexes = [
            models.Index(
                fields=["tag", "respondent", "content_object", "coder"], name="coded_segment_crosstab"
            ),
            # Who has coded in a study: a look-up for each person and code, not a scan of what they coded.
            models.Index(fields=["coder", "tag"], name="coded_segment_of_coder"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["content_object", "tag", "coder"], name="coded_segment_once_per_coder"
            )
        ]

    def __str__(self):
        return f"{self.tag_id} on {self.content_object_id}"


def _restricted(path):
    """Whether the segment at the end of a path has restricted words in it."""
    rows = RestrictedPassage.objects.filter(
        lifted_at=None,
        transcript=OuterRef(f"{path}__transcript"),
        start__lt=OuterRef(f"{path}__end"),
        end__gt=OuterRef(f"{path}__start"),
    )
    return Exists(rows)


MEMO_TARGETS = ("transcript", "segment", "coded_segment", "code")


class MemoQuerySet(StudyScopedQuerySet):
    def visible_to(self, user):
        """Memos this person may read: shared ones of their studies and their own, none of a removed transcript.

        Nor those on words that are hidden from them, as they tell of these.
        """
        return (
            super()
            .visible_to(user)
            .filter(
                Q(shared=True) | Q(author=user.pk),
                transcript__removed_at=None,
                segment__transcript__removed_at=None,
                coded_segment__content_object__transcript__removed_at=None,
            )
            .filter(
                Q(my_role__in=roles_for("see_restricted"))
                | ~(_restricted("segment") | _restricted("coded_segment__content_object"))
            )
        )

    readable_by = visible_to

    def taken_out_by(self, user):
        """As visible_to, for files and scripts: none on restricted words, whoever asks."""
        return self.visible_to(user).exclude(
            _restricted("segment") | _restricted("coded_segment__content_object")
        )

    def with_targets(self):
        """Add what each is on, without reading transcripts: ids, names, the range and the first words.

        ``on_transcript``, ``on_title``, ``on_start``, ``on_end``, ``on_words``, ``on_code``, ``on_code_name`` and
        ``author_name``; null where there is none.
        """
        coded = "coded_segment__content_object"
        return self.annotate(
            author_name=F("author__username"),
            on_transcript=Coalesce("transcript", "segment__transcript", f"{coded}__transcript"),
            on_title=Coalesce(
                "transcript__title", "segment__transcript__title", f"{coded}__transcript__title"
            ),
            on_start=Coalesce("segment__start", f"{coded}__start"),
            on_end=Coalesce("segment__end", f"{coded}__end"),
            on_words=Left(Coalesce("segment__quote", f"{coded}__quote"), 300),
            on_code=Coalesce("code", "coded_segment__tag"),
            on_code_name=Coalesce("code__name", "coded_segment__tag__name"),
        )

    def of_transcript(self, transcript):
        """On a transcript, its segments or its coded segments."""
        return self.filter(
            Q(transcript=transcript)
            | Q(segment__transcript=transcript)
            | Q(coded_segment__content_object__transcript=transcript)
        )


class Memo(models.Model):
    """A note on one thing: a transcript, segment, coded segment or code; on the study where it names none."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="memos")
    author = models.ForeignKey(User, models.PROTECT, related_name="memos")
    text = models.TextField(_("text"))
    shared = models.BooleanField(_("shared with the study"), default=True)
    transcript = models.ForeignKey(Transcript, models.PROTECT, null=True, blank=True, related_name="memos")
    segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, related_name="memos")
    coded_segment = models.ForeignKey(
        CodedSegment, models.PROTECT, null=True, blank=True, related_name="memos"
    )
    code = models.ForeignKey(Code, models.PROTECT, null=True, blank=True, related_name="memos")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MemoQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("memo")
        verbose_name_plural = _("memos")
        constraints = [
            models.CheckConstraint(
                condition=Q(transcript=None, segment=None, coded_segment=None)
                | Q(transcript=None, segment=None, code=None)
                | Q(transcript=None, coded_segment=None, code=None)
                | Q(segment=None, coded_segment=None, code=None),
                name="memo_on_one_thing",
            ),
        ]

    def __str__(self):
        return self.text[:60]

    @property
    def kind(self):
        """What it is on, by the name of the field: transcript, segment, coded_segment or code; otherwise study."""
        return next((name for name in MEMO_TARGETS if getattr(self, f"{name}_id")), "study")


class ResultQuerySet(StudyScopedQuerySet):
    def kept(self):
        return self.filter(removed_at=None)


class Result(models.Model):
    """A question with a name: ``address`` asks it, ``frozen`` is what was answered once, as numbers and ids.

    ``event`` is the study's last change at that time. The words of its passages are in FrozenPassage, so that they go
    when somebody has what they said erased.
    """

    class Kind(models.TextChoices):
        CROSSTAB = "crosstab", _("Cross-tabulation")
        RETRIEVAL = "retrieval", _("Retrieval")
        COOCCURRENCE = "cooccurrence", _("Co-occurrence")
        SEARCH = "search", _("Search")
        QUOTES = "quotes", _("Quotes")
        VOICES = "voices", _("Voices")
        PICTURES = "pictures", _("Picture")

    study = models.ForeignKey(Study, models.CASCADE, related_name="results")
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    address = models.TextField(blank=True)
    frozen = models.JSONField(null=True)
    event = models.PositiveBigIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = ResultQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("result")
        verbose_name_plural = _("results")

    def __str__(self):
        return self.name


class FrozenPassage(models.Model):
    """A passage as it was when a result was frozen; ``coded`` is the coded segment it was counted as, if it was one."""

    result = models.ForeignKey(Result, models.CASCADE, related_name="passages", db_index=False)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="+")
    code = models.ForeignKey(Code, models.PROTECT, null=True, related_name="+")
    coded = models.UUIDField(null=True)
    quote = models.TextField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["result", "segment"], name="frozen_passage_of_result")]

    def __str__(self):
        return f"{self.result_id}: {self.segment_id}"


tracked(kind="codebook", counter="revision")(Code)
# The quote is a copy of the text: the history need not hold a third one.
tracked(study_path="transcript__study", left_out=["quote"], permanent=True, kind="coding")(Segment)
tracked(study_path="tag__study", kind="coding")(CodedSegment)
tracked(kind="memo")(Memo)
tracked(left_out=["frozen"], permanent=True)(Result)
tracked(study_path="result__study", left_out=["quote"], permanent=True)(FrozenPassage)
