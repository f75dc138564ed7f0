from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CodingConfig(AppConfig):
    name = "coding"
    verbose_name = _("Coding")

    def ready(self):
        from interviews import editing
        from interviews.speakers import follow

        from . import narrate, reanchor  # noqa: F401  (narrate adds its sentences)
        from .attribution import refresh

        follow(refresh)
        editing.follow(reanchor.foresee, reanchor.carry)
