"""The material of a study: its members, respondents and transcripts, and the history of every change."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from .access import LEAST_ROLE, Role, StudyScopedQuerySet, allows
from .history import tracked

User = settings.AUTH_USER_MODEL


class StudyQuerySet(StudyScopedQuerySet):
    study_path = ""


class Study(models.Model):
    """One research project: its material, its codebook, its people."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("address"), max_length=220, unique=True, allow_unicode=True, editable=False)
    research_question = models.TextField(_("research question"), blank=True)
    reasons_required = models.BooleanField(
        _("a change of a definition needs a reason"), default=False, db_default=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    least_group = models.PositiveSmallIntegerField(
        _("smallest group that reports may describe"), default=3, db_default=3
    )

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("study")
        verbose_name_plural = _("studies")

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        if not self.slug:
            self.slug = free_slug(Study.objects.all(), self.name, "study")
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("coding:study", args=[self.slug])

    @property
    def may(self):
        """What the user it was found for may do here, by the names of access.LEAST_ROLE."""
        return {act: allows(getattr(self, "my_role", None), act) for act in LEAST_ROLE}

    def last_event_id(self):
        """The number of the study's newest event: what counts were made of."""
        return self.events.order_by("-pk").values_list("pk", flat=True).first() or 0


def free_slug(queryset, name, otherwise):
    """A slug for a name that no row of the queryset has."""
    wanted = slugify(name, allow_unicode=True)[:200] or otherwise
    taken = set(queryset.filter(slug__startswith=wanted).values_list("slug", flat=True))
    slug, number = wanted, 1
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


class Membership(models.Model):
    """A person in a study, with a role."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.CODER)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = StudyScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["study", "user"], name="membership_once_per_study"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self):
        return f"{self.user} ({self.get_role_display()})"


class Invitation(models.Model):
    """A link into a study: works once, until it expires. Only the token's digest is stored."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="invitations")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.CODER)
    note = models.CharField(_("for whom"), max_length=200, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = StudyScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self):
        return f"{self.get_role_display()}, {self.expires_at:%Y-%m-%d}"


class ApiToken(models.Model):
    """A key for scripts; only its digest is stored."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self):
        return self.name or str(self.pk)


class RespondentType(models.Model):
    """A kind of respondent, such as returnee; ``key`` is what files and addresses call it."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="respondent_types")
    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(_("key"), max_length=100, editable=False)
    order = models.PositiveIntegerField(_("order"), default=0)

    objects = StudyScopedQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("respondent type")
        verbose_name_plural = _("respondent types")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "key"],
                name="respondent_type_key_unique",
                violation_error_message=_("There is a respondent type of this name already."),
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.key = self.key or key_for(self.name)
        super().save(*args, **kwargs)


def key_for(name):
    """The key under which files know a name: "Institutional actor" and "institutional_actor" are one."""
    return slugify(str(name), allow_unicode=True).replace("-", "_")[:100] or "unnamed"


class Attribute(models.Model):
    """Something known of each respondent, such as city; values are kept on the respondent under ``key``."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")
        ONE_OF = "one_of", _("One of")

    study = models.ForeignKey(Study, models.CASCADE, related_name="attributes")
    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(_("key"), max_length=100, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.TEXT)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)

    objects = StudyScopedQuerySet.as_manager()

    class Meta:
        ordering = ["order", "pk"]
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "key"],
                name="attribute_key_unique",
                violation_error_message=_("There is an attribute of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["text", "number", "date", "yes_no", "one_of"]),
                name="attribute_kind_known",
            ),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        self.key = self.key or key_for(self.name)
        super().save(*args, **kwargs)


class KeptQuerySet(StudyScopedQuerySet):
    """Rows that may have been put away, which is not deleting."""

    def kept(self):
        return self.filter(removed_at=None)


class Respondent(models.Model):
    """A person who was interviewed, known by a pseudonym.

    ``values`` holds ``{attribute key: value}``: text, number, ISO date, true/false; what is unknown is absent.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="respondents")
    pseudonym = models.CharField(_("pseudonym"), max_length=200)
    respondent_type = models.ForeignKey(
        RespondentType,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="respondents",
        verbose_name=_("respondent type"),
    )
    values = models.JSONField(_("attributes"), default=dict, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = KeptQuerySet.as_manager()

    class Meta:
        ordering = ["pseudonym", "pk"]
        verbose_name = _("respondent")
        verbose_name_plural = _("respondents")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "pseudonym"],
                condition=Q(removed_at=None),
                name="respondent_pseudonym_unique",
                violation_error_message=_("There is a respondent of this pseudonym already."),
            ),
        ]

    def __str__(self):
        return self.pseudonym

    def clean(self):
        if self.respondent_type and self.respondent_type.study_id != self.study_id:
            raise ValidationError({"respondent_type": _("This respondent type is of another study.")})


class TranscriptQuerySet(KeptQuerySet):
    def without_text(self):
        """For lists: the text and all that grows with it stays in the database."""
        return self.defer("text", "turns", "marks")


def original_path(transcript, filename):
    """Where an uploaded file is kept: by study and content, so that no name is part of a path."""
    return f"{transcript.study_id}/{transcript.sha256[:2]}/{transcript.sha256}"


class Transcript(models.Model):
    """An interview's canonical text. Positions count code points from 0, the end excluded.

    ``turns`` is ``[{start, end, speaker, at, said}]`` in order, without overlap: ``speaker`` a label or null, ``at``
    milliseconds or null, ``said`` where the words begin. ``marks`` is ``[{start, end, kind}]``. ``respondent`` is whose
    words those turns are that no mapped speaker claims.
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="transcripts")
    title = models.CharField(_("title"), max_length=255)
    filename = models.CharField(_("file name"), max_length=255, blank=True)
    original = models.FileField(_("original file"), upload_to=original_path, max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    text = models.TextField(_("text"))
    turns = models.JSONField(default=list)
    marks = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    words = models.PositiveIntegerField(_("words"), default=0)
    language = models.CharField(_("language"), max_length=20, blank=True)
    interview_date = models.DateField(_("interview date"), null=True, blank=True)
    respondent = models.ForeignKey(
        Respondent,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="main_transcripts",
        verbose_name=_("respondent"),
    )
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    original_sealed_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TranscriptQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = _("transcript")
        verbose_name_plural = _("transcripts")
        constraints = [
            models.UniqueConstraint(
                fields=["study", "sha256"],
                condition=Q(removed_at=None) & ~Q(sha256=""),
                name="transcript_file_once_per_study",
                violation_error_message=_("This file is in the study already."),
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("coding:transcript", args=[self.pk])

    @property
    def may(self):
        """What the user it was found for may do, by the names of access.LEAST_ROLE."""
        return {act: allows(getattr(self, "my_role", None), act) for act in LEAST_ROLE}


def upload_path(upload, filename):
    return f"{upload.study_id}/uploads/{uuid.uuid4().hex}"


class Upload(models.Model):
    """A file on its way in: read, shown to the person who brought it, and not yet part of the study.

    ``speakers`` says who each label is: ``{label: "interviewer" | "respondent" | respondent id | {"new": pseudonym}}``,
    "respondent" being the file's own; a label that is absent is still to be checked. A file that cannot be read has a
    ``problem``; one whose encoding is in doubt has ``encodings``, ``[[name, preview], ...]``. ``drafts`` are choices of
    the same form as ``speakers`` that are not settled yet. ``table`` has the first ``rows`` and the ``columns`` of a
    table (importers.base.Table), ``comments`` the remarks in a file's margin (importers.base.Comment).
    """

    study = models.ForeignKey(Study, models.CASCADE, related_name="uploads")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    filename = models.CharField(_("file name"), max_length=255)
    file = models.FileField(upload_to=upload_path, max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    problem = models.TextField(blank=True)
    encodings = models.JSONField(default=list)
    encoding = models.CharField(max_length=40, blank=True)
    format = models.CharField(max_length=10, blank=True)
    table = models.JSONField(default=dict)
    text = models.TextField(blank=True)
    turns = models.JSONField(default=list)
    marks = models.JSONField(default=list)
    warnings = models.JSONField(default=list)
    comments = models.JSONField(default=list)
    words = models.PositiveIntegerField(default=0)
    language = models.CharField(_("language"), max_length=20, blank=True)
    interview_date = models.DateField(_("interview date"), null=True, blank=True)
    speakers = models.JSONField(default=dict)
    drafts = models.JSONField(default=dict)
    respondent = models.ForeignKey(Respondent, models.SET_NULL, null=True, blank=True, related_name="+")
    respondent_type = models.ForeignKey(
        RespondentType, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = StudyScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")

    def __str__(self):
        return self.filename


class TextRevision(models.Model):
    """A transcript's text as it was at one revision, the present one included.

    One that is sealed holds names that were replaced since: only owners see it.
    """

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="revisions", db_index=False)
    number = models.PositiveIntegerField()
    text = models.TextField()
    turns = models.JSONField(default=list)
    marks = models.JSONField(default=list)
    reason = models.CharField(max_length=300, blank=True)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    sealed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["transcript", "number"]
        constraints = [
            models.UniqueConstraint(fields=["transcript", "number"], name="text_revision_number_unique"),
        ]

    def __str__(self):
        return f"{self.transcript_id}, {self.number}"


class Speaker(models.Model):
    """A label in a transcript, and who speaks under it: a respondent, an interviewer, or not said yet."""

    transcript = models.ForeignKey(Transcript, models.CASCADE, related_name="speakers", db_index=False)
    label = models.CharField(_("label"), max_length=200)
    respondent = models.ForeignKey(
        Respondent,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="speakers",
        verbose_name=_("respondent"),
    )
    is_interviewer = models.BooleanField(_("interviewer"), default=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("speaker")
        verbose_name_plural = _("speakers")
        constraints = [
            models.UniqueConstraint(fields=["transcript", "label"], name="speaker_label_unique"),
            models.CheckConstraint(
                condition=Q(respondent=None) | Q(is_interviewer=False), name="speaker_one_or_the_other"
            ),
        ]

    def __str__(self):
        return self.label


class NamesKey(models.Model):
    """The lock of a study's key to pseudonyms, as keyring.make gives it; without its passphrase it opens nothing."""

    study = models.OneToOneField(Study, models.CASCADE, related_name="names_key")
    public = models.TextField()
    locked = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"{self.study_id}"


class SealedNames(models.Model):
    """What was replaced by what in one go, sealed: the key to these pseudonyms, and all it takes to take it back."""

    study = models.ForeignKey(Study, models.CASCADE, related_name="sealed_names")
    event = models.OneToOneField("Event", models.PROTECT, related_name="+")
    sealed = models.TextField()
    undone = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.pk}"


class RestrictedPassageQuerySet(StudyScopedQuerySet):
    study_path = "transcript__study"


class RestrictedPassage(models.Model):
    """A range of a transcript's text that readers do not see and no export contains; it moves along with the text.

    ``needs_eyes``: an edit changed its words. One that is lifted hides nothing, and can be restricted again.
    """

    transcript = models.ForeignKey(Transcript, models.PROTECT, related_name="restricted")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    lifted_at = models.DateTimeField(null=True)
    needs_eyes = models.BooleanField(default=False)

    objects = RestrictedPassageQuerySet.as_manager()

    class Meta:
        ordering = ["transcript", "start", "end"]
        verbose_name = _("restricted passage")
        verbose_name_plural = _("restricted passages")
        constraints = [
            models.CheckConstraint(condition=Q(start__lte=F("end")), name="restricted_passage_in_order"),
        ]

    def __str__(self):
        return f"{self.transcript_id}:{self.start}-{self.end}"


class Event(models.Model):
    """One change: who, when, what, from what to what. Never altered; undone by another event."""

    study = models.ForeignKey(Study, models.CASCADE, null=True, related_name="events", db_index=False)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    action = models.CharField(max_length=40)
    # What the first of a chain of undoings and redoings did; otherwise the action.
    first_action = models.CharField(max_length=40, default="", db_default="")
    kind = models.CharField(max_length=20, default="", db_default="")
    target = models.CharField(max_length=80)
    transcript = models.ForeignKey(
        Transcript, models.SET_NULL, null=True, related_name="events", db_index=False
    )
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    change = models.UUIDField(null=True)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, related_name="undone_by")
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")

    objects = StudyScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [
            models.Index(fields=["study", "id"], name="event_of_study"),
            models.Index(fields=["transcript", "id"], name="event_of_transcript"),
            models.Index(fields=["study", "kind", "id"], name="event_of_kind"),
            models.Index(fields=["study", "actor", "id"], name="event_of_person"),
            models.Index(fields=["study", "at", "id"], name="event_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["change", "study"], condition=~Q(change=None), name="event_change_once"
            ),
        ]

    def __str__(self):
        return f"{self.action} {self.target}"


class Mention(models.Model):
    """That an event is about a code, transcript or respondent (``code:12``): events of one thing are found by it."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="mentions", db_index=False)
    key = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "event"], name="mention_once")]

    def __str__(self):
        return f"{self.key} in {self.event_id}"


tracked(study_path="pk")(Study)
tracked(kind="material")(RespondentType)
tracked(kind="material")(Attribute)
tracked(kind="people")(Membership)
tracked(kind="material")(Respondent)
# What holds a text is put away (removed_at), never unmade: an image has no text to make it again from.
tracked(left_out=["text", "turns", "marks", "original_sealed_at"], permanent=True, kind="material")(
    Transcript
)
tracked(study_path="transcript__study", permanent=True, kind="material")(Speaker)
# Every reader reads the history, and a reason may tell what is kept from them.
tracked(study_path="transcript__study", left_out=["reason"], permanent=True, kind="material")(
    RestrictedPassage
)
