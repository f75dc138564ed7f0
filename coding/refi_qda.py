"""REFI-QDA codebooks (``.qdc``), in and out: strict in writing, liberal in reading.

The format has one text a code. ``include``, ``exclude`` and ``example`` follow the definition there, each as a
paragraph that begins with its name, and are found again by it. It has no word for
origin, order and "asked of", and none for retired: a
retired code is written only where codes in use stand under it, as one that cannot be applied, and comes back as that.
A code that came from another program keeps its GUID.
"""

import re
import uuid
from collections import Counter

from django.utils.translation import gettext as _
from lxml import etree

from interviews.tables import MAX_ROWS, Table, TableError

from . import codebook
from .codebook_cells import parent_cell, quoted
from .models import Code

NAMESPACE = "urn:QDA-XML:codebook:1.0"
ORIGIN = "Passages 0.1"
DEEPEST = 100
LABELS = {"include": "Include", "exclude": "Exclude", "example": "Example"}
HEADER = ["code", "parent", "colour", "definition", *LABELS, "guid", "retired"]
NAMED = 5  # of the sets that are left out
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PART = re.compile(r"(?:\A|\n\n)(Include|Exclude|Example): ")


def write_qdc(study) -> bytes:
    """A study's codebook, valid against the standard's Codebook.xsd. Raises TableError where no code is in use.

    A code has the same GUID in every export: the one it came with, if it did.
    """
    codes = list(Code.objects.filter(study=study))
    tree = list(codebook.in_tree_order(codes))
    written = codebook.in_use_or_above(tree)
    if not written:
        raise TableError(_("No code is in use, and a REFI-QDA codebook needs one."))
    root = etree.Element(_name("CodeBook"), nsmap={None: NAMESPACE}, origin=ORIGIN)
    elements = {None: etree.SubElement(root, _name("Codes"))}
    for _depth, code in tree:
        if code.pk in written:
            elements[code.pk] = _element(elements[code.parent_id], study, code)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)


def _name(local):
    return f"{{{NAMESPACE}}}{local}"


def guid_of(study, code) -> uuid.UUID:
    return code.guid or uuid.uuid5(uuid.NAMESPACE_URL, f"passages:{study.slug}:{code.pk}")


def _element(above, study, code):
    about = {"guid": str(guid_of(study, code)), "name": _NOT_XML.sub("", code.name)}
    about["isCodable"] = "false" if code.retired_at else "true"
    element = etree.SubElement(above, _name("Code"), about)
    if code.colour:
        element.set("color", code.colour)
    if text := _description({part: getattr(code, part) for part in ("definition", *LABELS)}):
        etree.SubElement(element, _name("Description")).text = _NOT_XML.sub("", text)
    return element


def _description(parts):
    named = [f"{label}: {parts[part]}" for part, label in LABELS.items() if parts.get(part)]
    return "\n\n".join([parts["definition"], *named] if parts["definition"] else named)


def is_qdc(data: bytes) -> bool:
    """Whether bytes look like XML, and so are to be read by ``read_qdc``."""
    return data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" or data[:4] in (
        b"\xff\xfe<\x00",
        b"\xfe\xff\x00<",
    )


def notes(data: bytes) -> list[str]:
    """What a file says that has no place here, in sentences. Raises TableError."""
    root = _root(data)
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    sets = [element.get("name") or "" for element in elements if _local(element) == "Set"]
    folders = [element for element in elements if _local(element) == "Code" and not _is_codable(element)]
    full = sum(_is_folder(element) for element in folders)
    found = []
    if sets:
        names = ", ".join(f"“{name}”" for name in sets[:NAMED]) + (" …" if len(sets) > NAMED else "")
        found.append(
            _(
                "Sets of codes are left out: %(names)s. A codebook here is one tree, in which each code has one place."
                " Keep the file if you need them."
            )
            % {"names": names}
        )
    if full:
        found.append(
            _(
                "Codes that are only folders in the other program come in retired, above their subcodes: %(n)d. "
                "Restore those that are to be applied."
            )
            % {"n": full}
        )
    if empty := len(folders) - full:
        found.append(_("Empty folders come as codes that can be applied: %(n)d.") % {"n": empty})
    return found


def _is_codable(element):
    return element.get("isCodable", "true").strip().lower() not in ("false", "0")


def _is_folder(element):
    """Whether a code holds others and cannot be applied itself."""
    return not _is_codable(element) and any(_local(child) == "Code" for child in element)


def read_qdc(data: bytes) -> Table:
    """A codebook file as a table for ``codebook_files.plan``; its codes are numbered from 1. Raises TableError.

    Any version of the namespace is read, and empty ``Sets``.
    Codes without a name go on to the plan, which refuses them.
    """
    found = list(_codes(_root(data)))
    if len(found) > MAX_ROWS:
        raise TableError(_("This file has more than %(limit)d codes.") % {"limit": MAX_ROWS})
    names = Counter(path[-1] for path, _element in found)
    rows = []
    for number, (path, element) in enumerate(found, start=1):
        parent = parent_cell(path[:-1], names)
        cells = {"code": path[-1], "parent": parent, "colour": (element.get("color") or "").strip()}
        cells |= _parts(element)
        cells["guid"] = (element.get("guid") or "").strip()
        cells["retired"] = "yes" if _is_folder(element) else ""
        rows.append((number, {column: quoted(cells[column]) for column in HEADER}))
    return Table(HEADER, rows)


def _root(data):
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise TableError(
            _("This file is no REFI-QDA codebook: it is broken in line %(line)d.")
            % {"line": error.lineno or 1}
        ) from error
    if root.getroottree().docinfo.doctype:
        raise TableError(_("This file has a DOCTYPE, which no REFI-QDA codebook needs. It is not read."))
    if _local(root) != "CodeBook":
        raise TableError(
            _("This XML file is no REFI-QDA codebook. Export the codebook as .qdc, and choose that.")
        )
    return root


def _local(element):
    """The name without its namespace; comments have none."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _codes(root):
    """``(names from the top down to the code, its element)``, parents first."""
    stack = [((), element) for box in root if _local(box) == "Codes" for element in box][::-1]
    while stack:
        above, element = stack.pop()
        if _local(element) != "Code":
            continue
        path = (*above, " ".join((element.get("name") or "").split()))
        if len(path) > DEEPEST:
            raise TableError(
                _("The codes of this file nest deeper than %(limit)d levels.") % {"limit": DEEPEST}
            )
        yield path, element
        stack.extend((path, child) for child in reversed(element))


def _parts(element):
    """What is said of a code, by our parts, where these would be written so again; otherwise all is the definition."""
    texts = ["".join(child.itertext()) for child in element if _local(child) == "Description"]
    whole = "\n\n".join(texts).strip()
    definition, *rest = _PART.split(whole)
    keys = {label: part for part, label in LABELS.items()}
    named = {keys[label]: text for label, text in zip(rest[::2], rest[1::2], strict=True)}
    nothing = dict.fromkeys(LABELS, "")
    if any(text != text.strip() for text in (definition, *named.values())):
        return {"definition": whole, **nothing}
    parts = {"definition": definition, **nothing, **named}
    return parts if _description(parts) == whole else {"definition": whole, **nothing}
