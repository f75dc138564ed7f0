"""Choices among the codes of a study, of which there may be some hundred, several times a page."""

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def code_options(codes, chosen=None, in_use=False):
    """Options of a ``select``, each indented by its depth; ``in_use``: without retired codes, unless one is chosen."""
    chosen = str(chosen)
    options = (
        f'<option value="{code.id}"{" selected" if str(code.id) == chosen else ""}>'
        f"{chr(0x2003) * code.depth}{escape(code.name)}</option>"
        for code in codes
        if not (in_use and code.retired and str(code.id) != chosen)
    )
    return mark_safe("".join(options))  # noqa: S308 - names are escaped, ids and depths are numbers


@register.simple_tag
def code_boxes(codes, name, chosen):
    """Boxes to tick, called ``name``, of codes; those are whose ids are among ``chosen``."""
    boxes = (
        f'<label class="check small" data-depth="{code.depth}"><input type="checkbox" name="{escape(name)}" '
        f'value="{code.id}"{" checked" if code.id in chosen else ""}><i class="swatch {escape(code.look)}"></i>'
        f"{escape(code.name)}</label>"
        for code in codes
    )
    return mark_safe("".join(boxes))  # noqa: S308 - names are escaped, ids and depths are numbers
