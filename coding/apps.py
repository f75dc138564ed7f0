from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CodingConfig(AppConfig):
    name = "coding"
    verbose_name = _("Coding")

    def ready(self):
        from interviews import editing, material
        from interviews.speakers import follow

        from . import memo_links, narrate, reanchor  # noqa: F401  (the first two add what they know)
        from .attribution import refresh
        from .memos import keep_comments

        follow(refresh)
        material.follow(keep_comments)
        editing.follow(reanchor.foresee, reanchor.carry)
