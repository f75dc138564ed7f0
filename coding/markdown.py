"""Memos' Markdown as HTML that is safe to put into a page, and the links in it.

Raw HTML is shown as it was typed, images become their description, and links lead only to http, https and mail
addresses or to pages of this site. markdown-it-py makes the HTML; it writes nothing that it did not escape.
"""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

HEADINGS = {f"h{level}": f"h{min(6, level + 3)}" for level in range(1, 7)}  # below those of the page
ALLOWED_SCHEMES = {"http", "https", "mailto"}
PLACE = re.compile(r"at(\d{1,9})-(\d{1,9})")


def is_allowed(address: str) -> bool:
    """Whether a link may lead there: to this site, the web, or a mail address."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in ALLOWED_SCHEMES
    # Browsers take "//host" and "/\host" for other sites.
    return not parts.netloc and not re.match(r"[/\\]{2}|/%5c", address, re.IGNORECASE)


def _open_link(renderer, tokens, index, options, env):
    if urlsplit(tokens[index].attrGet("href")).scheme:
        tokens[index].attrSet("rel", "noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


def _heading(renderer, tokens, index, options, env):
    tokens[index].tag = HEADINGS[tokens[index].tag]
    return renderer.renderToken(tokens, index, options, env)


def _image(renderer, tokens, index, options, env):
    return renderer.renderInlineAsText(tokens[index].children, options, env)


def _made():
    made = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("strikethrough")
    made.validateLink = is_allowed
    for name, rule in (
        ("link_open", _open_link),
        ("heading_open", _heading),
        ("heading_close", _heading),
        ("image", _image),
    ):
        made.add_render_rule(name, rule)
    return made


_markdown = _made()


def render(text: str) -> SafeString:
    """Markdown as HTML."""
    return mark_safe(_markdown.render(text))  # noqa: S308  # HTML is off: see the module's docstring


def links(text: str) -> tuple[set[int], set[tuple[int, int, int]]]:
    """What a memo links to: ids of codes, and passages as ``(transcript id, start, end)``."""
    codes, passages = set(), set()
    for token in _markdown.parse(text):
        for child in token.children or ():
            if child.type == "link_open":
                _sort(child.attrGet("href"), codes, passages)
    return codes, passages


def _sort(address, codes, passages):
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return
    try:
        match = resolve(unquote(parts.path))
    except Resolver404:
        return
    if match.view_name == "coding:codebook":
        codes.update(
            int(pk) for pk in parse_qs(parts.query).get("code", ()) if re.fullmatch(r"[0-9]{1,18}", pk)
        )
    elif match.view_name == "coding:transcript" and (at := PLACE.fullmatch(parts.fragment)):
        passages.add((match.kwargs["transcript_id"], int(at[1]), int(at[2])))
