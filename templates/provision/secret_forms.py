"""A secret as it may lie on a disk: as it is, and in the encodings that tools put it through."""

import base64
import html
import json
import urllib.parse

# Base64 of more than this is broken into lines by many tools, of at least so many characters.
SHORTEST_LINE = 64
# Of three such pieces one after the other, one at least is in no break between lines.
PIECE = 32
# Of a value of several lines, words of this length are as good as unique.
LONG_WORD = 32


def forms_of(value):
    """{what to look for: what that is}, for the bytes of a value."""
    found = {}
    for text in (value, value.strip()):
        found.setdefault(text, "as it is")
        for form in _percent(text):
            found.setdefault(form, "percent-encoded")
        for form in _quoted(text):
            found.setdefault(form, "quoted")
        for form in (text.hex().encode(), text.hex().upper().encode()):
            found.setdefault(form, "in hexadecimal digits")
        for form in _base64(text):
            found.setdefault(form, "in base64")
    for word in _long_words(value):
        found.setdefault(word, "a line of it")
    return found


def _percent(text):
    # What is left as it is differs from tool to tool.
    for safe in ("", "/", "!'()*", "!'()*/:@"):
        encoded = urllib.parse.quote_from_bytes(text, safe=safe)
        for form in (encoded, encoded.replace("%20", "+")):
            yield form.encode()
            yield _lower_codes(form).encode()


def _lower_codes(text):
    first, *rest = text.split("%")
    return "%".join([first] + [part[:2].lower() + part[2:] for part in rest])


def _quoted(text):
    try:
        readable = text.decode()
    except UnicodeDecodeError:
        return
    for ascii_only in (False, True):
        yield json.dumps(readable, ensure_ascii=ascii_only)[1:-1].encode()
    for quotes in (False, True):
        yield html.escape(readable, quote=quotes).encode()
    yield readable.replace("'", "'\\''").encode()


def _base64(text):
    """Three bytes become four characters, so inside something longer (`user:secret`) it has one of three forms, of which
    the characters that its neighbours have a part in are left out."""
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + text).rstrip(b"=")
        own = encoded[-(-offset * 8 // 6) : (offset + len(text)) * 8 // 6]
        for form in (own, own.replace(b"+", b"-").replace(b"/", b"_")):
            yield from _pieces(form)


def _pieces(form):
    if len(form) <= SHORTEST_LINE:
        return [form]
    # From the middle, since the beginning of a key is the same as that of others.
    middle = max(0, len(form) // 2 - 3 * PIECE // 2)
    return [form[at : at + PIECE] for at in range(middle, middle + 3 * PIECE, PIECE) if len(form) - at >= PIECE]


def _long_words(value):
    """Of a key, say, that has other line ends, or is indented. What may be the address of a service is no secret."""
    if b"\n" not in value.strip():
        return []
    words = {word for word in value.split() if len(word) >= LONG_WORD and b"://" not in word and b"@" not in word}
    return sorted(words, key=len, reverse=True)[:8]
