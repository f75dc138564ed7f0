"""Tags every template has: icons and the import map."""

import json

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from interviews.access import Role

register = template.Library()

ICONS = {
    "add": '<path d="M8 3v10M3 8h10"/>',
    "check": '<path d="m3 8.5 3.25 3.25L13 5"/>',
    "close": '<path d="m4 4 8 8m0-8-8 8"/>',
    "codings": '<path d="M3 2.5h10v8l-3 3H3zM10 13.5v-3h3M5.5 5.5h5M5.5 8h3"/>',
    "download": '<path d="M8 2.5v8M4.5 7 8 10.5 11.5 7M3 13.5h10"/>',
    "eye": '<path d="M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8Z"/><circle cx="8" cy="8" r="2"/>',
    "eye-off": '<path d="M2.2 9.3A13 13 0 0 1 1.5 8S4 3.5 8 3.5c1 0 1.9.3 2.7.7M13.2 6.1'
    'A13 13 0 0 1 14.5 8S12 12.5 8 12.5c-1 0-1.9-.3-2.7-.7M13.5 2.5l-11 11"/>',
    "file": '<path d="M4 1.75h5L12.5 5.2v9H4zM9 1.75V5.2h3.5"/>',
    "lock": '<path d="M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
    "menu": '<path d="M2.5 4h11M2.5 8h11M2.5 12h7"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.2"/>',
    "pane-left": '<path d="M2 3h12v10H2zM6 3v10"/>',
    "pane-right": '<path d="M2 3h12v10H2zM10 3v10"/>',
    "redo": '<path d="M13 6.5H6.5a3.5 3.5 0 0 0 0 7H10M13 6.5l-3-3M13 6.5l-3 3"/>',
    "search": '<circle cx="7" cy="7" r="4.25"/><path d="m10.25 10.25 3.25 3.25"/>',
    "theme": '<circle cx="8" cy="8" r="2.75"/><path d="M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9'
    'M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9"/>',
    "tree": '<path d="M3 3h4M3 3v9.5h4M3 7.75h4M9.5 3h3.5M9.5 7.75H13M9.5 12.5H13"/>',
    "twist": '<path d="M6 3.5 10.5 8 6 12.5"/>',
    "undo": '<path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5l3-3M3 6.5l3 3"/>',
    "upload": '<path d="M8 11V3M4.5 6.5 8 3l3.5 3.5M3 13.5h10"/>',
    "warning": '<path d="M8 2.2 14.3 13.3H1.7zM8 6.4v3.2M8 11.4h.01"/>',
}


@register.simple_tag
def icon(name):
    """An icon, as decoration: the control beside it has the words."""
    # The shapes are ours, above; nothing a person typed goes in.
    return format_html(
        '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{}</svg>',
        mark_safe(ICONS[name]),  # noqa: S308
    )


def modules():
    """Bare module names and their addresses, hashed where static files are: ``{"passages/store": "/static/…"}``."""
    names = sorted(path.stem for path in (settings.BASE_DIR / "static" / "js").glob("*.js"))
    found = {f"passages/{name}": static(f"js/{name}.js") for name in names}
    vendored = sorted((settings.BASE_DIR / "static" / "vendor").glob("*/*.mjs"))
    return found | {path.stem: static(f"vendor/{path.parent.name}/{path.name}") for path in vendored}


_import_map = None


@register.simple_tag(takes_context=True)
def import_map(context):
    """The page's import map; inline, because browsers know no other, hence with the nonce of the policy."""
    global _import_map
    if _import_map is None or settings.DEBUG:
        _import_map = json.dumps({"imports": modules()})
    # JSON of our own file names: nothing a person typed goes in.
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>',
        context["request"].csp_nonce,
        mark_safe(_import_map),  # noqa: S308
    )


@register.filter
def initial(user):
    """One or two signs that stand for a person: the first letter, or that of the part after "_"."""
    name = str(user)
    part = name.rsplit("_", 1)[-1] or name
    return part[:1].upper()


@register.filter
def thousands(number):
    """A whole number with the language's separators: 15,070."""
    return formats.number_format(number, force_grouping=True)


@register.filter
def minutes(span):
    """A timedelta in whole minutes, rounded up."""
    return -int(-span.total_seconds() // 60)


@register.filter
def role_name(role):
    """What a role is called: a queryset's ``my_role`` is only its value."""
    return Role(role).label


@register.filter
def lately(moment):
    """When it was, as briefly as can be: the time today, the day this week, else the date."""
    local, today = timezone.localtime(moment), timezone.localdate()
    days = (today - local.date()).days
    if days == 0:
        return formats.date_format(local, "H:i")
    if days == 1:
        return _("Yesterday")
    return formats.date_format(local, "D" if days < 7 else "Y-m-d")
