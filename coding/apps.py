from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CodingConfig(AppConfig):
    name = "coding"
    verbose_name = _("Coding")

    def ready(self):
        from interviews.speakers import follow

        from . import narrate  # noqa: F401  (adds its sentences)
        from .attribution import refresh

        follow(refresh)
