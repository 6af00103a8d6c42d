"""Writes src/unicode-tables.ts: the character classes of the Rust `tokenizers`, read off the library itself.

The Rust library carries tables of an old Unicode version for punctuation, format characters, non-spacing
marks and decompositions, so neither a newer Python nor a JavaScript engine agrees with it on every code point.

    python packages/tokenizer/scripts/unicode-tables.py
"""
import pathlib

import tokenizers
from tokenizers import normalizers, pre_tokenizers


def only(**flags):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **flags}).normalize_str


clean, chinese, strip = only(clean_text=True), only(handle_chinese_chars=True), only(strip_accents=True)
decompose = normalizers.NFD().normalize_str
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
code_points = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(test):
    """Every run of code points that passes, as two numbers: the gap before it, and its length less one."""
    runs, numbers, end = [], [], 0
    for c in code_points:
        if not test(chr(c)):
            continue
        if runs and runs[-1][1] == c:
            runs[-1][1] = c + 1
        else:
            runs.append([c, c + 1])
    for a, b in runs:
        numbers += [a - end, b - a - 1]
        end = b
    return "".join(packed(n) for n in numbers)


# By how often minified JavaScript has them: gzip then writes a digit of the tables in five bits or six.
DIGITS = "tenris=,().oahlc;ud{}f:#pg[]0&+w1ym?>2_kb!vx5A<S-36|IPz4TCNMO*/"
LAST = 24


def packed(n):
    """The last digit is one of the first 24, so that it ends the number; the digits before it are of the others."""
    text, n = DIGITS[n % LAST], n // LAST
    while n > 0:
        n, digit = divmod(n - 1, len(DIGITS) - LAST)
        text = DIGITS[LAST + digit] + text
    return text


tables = {
    "CONTROL": ("removed by clean_text: NUL, U+FFFD, Cc but tab and line ends, Cf, Co", lambda c: clean(c) == ""),
    "PUNCTUATION": ("split off by BertPreTokenizer: ASCII punctuation and P*", lambda c: len(split("a" + c + "a")) == 3),
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
text = f"""// Written by scripts/unicode-tables.py from Python tokenizers {tokenizers.__version__}; do not edit.
// Each run of code points is two numbers: the gap since the end of the run before, and its length less one.

/** Digits of the numbers. One of the first {{@link LAST}} ends a number. */
export const DIGITS: string = '{DIGITS}'
/** Number of digits that end a number; the others, from 1 up, stand before. */
export const LAST: number = {LAST}
"""
for name, (what, test) in tables.items():
    text += f"/** {what[0].upper() + what[1:]}. */\nexport const {name}: string =\n  '{ranges(test)}'\n"
path = pathlib.Path(__file__).parent.parent / "src" / "unicode-tables.ts"
path.write_text(text)
print(path, len(text))
