"""Writes src/testing/rust-classes.json: the character classes of the Rust `tokenizers`, read off the library itself.

The Rust library carries tables of an old Unicode version for punctuation, format characters, non-spacing
marks and decompositions, so neither a newer Python nor a JavaScript engine agrees with it on every code point.

    python packages/tokenizer/scripts/unicode-tables.py
    node packages/tokenizer/scripts/unicode-masks.ts
"""
import json
import pathlib

import tokenizers
from tokenizers import normalizers, pre_tokenizers


def only(**flags):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **flags}).normalize_str


clean, chinese, strip = only(clean_text=True), only(handle_chinese_chars=True), only(strip_accents=True)
decompose = normalizers.NFD().normalize_str
strip_marks = normalizers.StripAccents().normalize_str
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
code_points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def edges(test):
    """First code point of each run that passes, and the first after it, in turns."""
    found, inside = [], False
    for c in code_points:
        if test(chr(c)) != inside:
            inside = not inside
            found.append(c)
    return found


tables = {
    "CONTROL": ("removed by clean_text: NUL, U+FFFD, Cc but tab and line ends, Cf, Co", lambda c: clean(c) == ""),
    "PUNCTUATION": ("split off by BertPreTokenizer: ASCII punctuation and P*", lambda c: len(split("a" + c + "a")) == 3),
    "MARK": ("categories M*, removed by the normalizer StripAccents", lambda c: strip_marks("a" + c) == "a"),
    "CHINESE": ("set apart by handle_chinese_chars", lambda c: chinese(c) != c),
    "NON_SPACING": ("category Mn, removed by strip_accents", lambda c: decompose(c) == c and strip(c) == ""),
    "SPACING_COMBINING": (
        "combining characters that canonical ordering moves though strip_accents keeps them",
        lambda c: any(strip(d) == d and decompose("\u0345" + d) != "\u0345" + d for d in decompose(c)),
    ),
    "ASTRAL_DECOMPOSING": (
        "code points above U+FFFF that NFD takes apart; later Unicode versions know more",
        lambda c: ord(c) > 0xFFFF and decompose(c) != c,
    ),
}
classes = {name: edges(test) for name, (what, test) in tables.items()}
path = pathlib.Path(__file__).parent.parent / "src" / "testing" / "rust-classes.json"
path.write_text(json.dumps({"tokenizers": tokenizers.__version__, **classes}, separators=(",", ":")) + "\n")
print(path, {name: len(each) // 2 for name, each in classes.items()})
