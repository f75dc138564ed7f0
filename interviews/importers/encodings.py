"""What encodings are called by people: a script or language, and the standard that programs offer it under."""

import codecs
import re

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

_OF_SCRIPTS = (
    (_("Unicode"), "utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be"),
    (_("American"), "ascii cp437"),
    (_("Western European"), "cp1252 iso8859-1 iso8859-15 mac-roman cp850 cp858 hp-roman8 cp037 cp500 cp1140"),
    (_("German"), "cp273"),
    (_("Portuguese"), "cp860"),
    (_("French, Canadian"), "cp863"),
    (_("Icelandic"), "cp861 mac-iceland"),
    (_("Nordic"), "cp865 iso8859-10"),
    (_("Celtic"), "iso8859-14"),
    (_("Central European"), "cp1250 iso8859-2 cp852 mac-latin2"),
    (_("South-Eastern European"), "iso8859-16"),
    (_("Southern European"), "iso8859-3"),
    (_("Baltic"), "cp1257 iso8859-4 iso8859-13 cp775"),
    (_("Cyrillic"), "cp1251 iso8859-5 cp855 cp866 koi8-r mac-cyrillic ptcp154"),
    (_("Ukrainian"), "koi8-u cp1125"),
    (_("Tajik"), "koi8-t"),
    (_("Kazakh"), "kz1048"),
    (_("Greek"), "cp1253 iso8859-7 cp737 cp869 cp875 mac-greek"),
    (_("Turkish"), "cp1254 iso8859-9 cp857 cp1026 mac-turkish"),
    (_("Hebrew"), "cp1255 iso8859-8 cp856 cp862 cp424"),
    (_("Arabic"), "cp1256 iso8859-6 cp720 cp864"),
    (_("Urdu"), "cp1006"),
    (_("Thai"), "cp874 iso8859-11 tis-620"),
    (_("Vietnamese"), "cp1258"),
    (
        _("Japanese"),
        "cp932 shift_jis shift_jis_2004 shift_jisx0213 euc_jp euc_jis_2004 euc_jisx0213 iso2022_jp iso2022_jp_1"
        " iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext",
    ),
    (_("Korean"), "cp949 euc_kr johab iso2022_kr"),
    (_("Chinese, simplified"), "gb18030 gbk gb2312 hz"),
    (_("Chinese, traditional"), "big5 big5hkscs cp950"),
)
_SCRIPTS = {codec: script for script, names in _OF_SCRIPTS for codec in names.split()}
_WINDOWS = frozenset({"874", "932", "949", "950"})
_EBCDIC = frozenset({"037", "273", "424", "500", "875", "1026", "1140"})
_WRITTEN = (  # how a codec's name is written elsewhere
    (re.compile(r"iso8859-"), "ISO 8859-"),
    (re.compile(r"iso2022_"), "ISO 2022-"),
    (re.compile(r"euc_"), "EUC-"),
    (re.compile(r"shift_jis_?"), "Shift JIS "),
    (re.compile(r"mac-.*"), "Mac"),
    (re.compile(r"gb(?=\d)"), "GB "),
    (re.compile(r"big5hkscs"), "Big5, Hong Kong"),
    (re.compile(r"big5"), "Big5"),
)


def encoding_name(encoding: str) -> str:
    """``Japanese (Shift JIS 2004)`` for ``shift_jis_2004``; what is unknown is named as it is."""
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        return encoding
    if codec == "utf-8":
        return "UTF-8"
    script = _SCRIPTS.get(codec)
    return format_lazy("{} ({})", script, _standard(codec)) if script else encoding


def _standard(codec):
    if codec.startswith("cp"):
        number = codec[2:]
        if number in _EBCDIC:
            return f"EBCDIC {number}"
        return f"Windows-{number}" if number.startswith("125") or number in _WINDOWS else f"DOS {number}"
    for pattern, words in _WRITTEN:
        if pattern.match(codec):
            rest = pattern.sub("", codec, count=1).replace("_", "-")
            return (words + rest.upper()).strip()
    return codec.upper().replace("_", "-")
