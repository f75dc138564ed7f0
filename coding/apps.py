from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CodingConfig(AppConfig):
    name = "coding"
    verbose_name = _("Coding")

    def ready(self):
        from interviews import editing, material, respondent_types, respondents, restricted
        from interviews.speakers import follow

        from . import memo_links, narrate, reanchor  # noqa: F401  (the first two add what they know)
        from .attribution import refresh
        from .codebook import carry_types
        from .memos import keep_comments
        from .overview import coded_segments_of
        from .withheld import take_out_examples

        follow(refresh)
        material.follow(keep_comments)
        respondent_types.follow(carry_types)
        respondents.count_with(coded_segments_of)
        restricted.follow(take_out_examples)
        editing.follow(reanchor.foresee, reanchor.carry)
