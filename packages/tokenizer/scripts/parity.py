"""Compares this package with Python `tokenizers` (the Rust library), token by token and offset by offset.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers
    /tmp/venv/bin/python packages/tokenizer/scripts/parity.py DATA [--random 100000] [--seed 1] [--goldens]

DATA is the folder of the real data (bert-base-uncased/, tinystories/). With --goldens the hardest cases are
written to src/testing/goldens.jsonl with a vocabulary of single characters made for them.
"""
import argparse
import collections
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import unicodedata

import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

HERE = pathlib.Path(__file__).parent
PACKAGE = HERE.parent
# Node strips the types of the sources; the workspace pins one that does.
NODE = PACKAGE.parent.parent / "node_modules" / ".bin" / "node"
PEER = [str(NODE), "--conditions=@tinystories/source", str(HERE / "parity-peer.ts")]


# ---- texts -------------------------------------------------------------------------------------------------


def random_text(rng):
    """Every plane, combining marks, control and private-use characters, surrogate halves, real words."""
    def one():
        kind = rng.random()
        if kind < 0.25:
            return chr(rng.randrange(0x20, 0x7F))
        if kind < 0.4:
            return rng.choice([" ", " ", "\n", "\t", "'", ".", "-", "\u00a0", "\u3000", "\u2028"])
        if kind < 0.5:
            return rng.choice(["the", "Cat", "un", "WANTED", "éa", "don't", "[MASK]", "[SEP]", "##", "😀", "ﬁ", "İ"])
        if kind < 0.6:
            return chr(rng.choice([rng.randrange(0x300, 0x370), rng.randrange(0x1AB0, 0x1B00), rng.randrange(0x20D0, 0x2100), 0x302E, 0x1D165, 0xFE0F]))
        if kind < 0.65:
            return chr(rng.choice([rng.randrange(0, 0x20), rng.randrange(0x7F, 0xA0), rng.randrange(0xE000, 0xE010), rng.randrange(0x2000, 0x2070), 0xFEFF, 0xFFFD, 0xF0000, 0x10FFFD]))
        if kind < 0.67:
            return chr(rng.randrange(0xD800, 0xE000))
        if kind < 0.75:
            return chr(rng.choice([rng.randrange(0x4E00, 0xA000), rng.randrange(0xAC00, 0xD7A4), rng.randrange(0x3040, 0x3100), rng.randrange(0xF900, 0xFB00), rng.randrange(0x20000, 0x2FA20)]))
        if kind < 0.85:
            return chr(rng.randrange(0xA0, 0x3000))
        c = rng.randrange(0x110000)
        return chr(c) if not 0xD800 <= c < 0xE000 else "?"
    return "".join(one() for _ in range(rng.randrange(1, 24)))


def without_surrogates(text):
    """What the Rust library can be given: a lone half becomes U+FFFD, a proper pair its character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def long_assigned(text):
    """Without code points that Unicode has assigned since 14.0: engines differ in which of them are letters."""
    return "".join(c for c in text if unicodedata.category(c) != "Cn" or ord(c) & 0xFFFE == 0xFFFE)


def old(text):
    """Without code points younger than Unicode 3.2: the library's normalizers know no newer ones than Unicode 10."""
    return "".join(c for c in text if unicodedata.ucd_3_2_0.category(c) != "Cn")


# ---- both sides --------------------------------------------------------------------------------------------


def ours(path, cases):
    """Everything this package says about the cases, in order."""
    tokenizer = [] if path is None else [{"tokenizer": path.read_text("utf8")}]
    peer = subprocess.Popen([*PEER, "encode"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf8")

    def feed():
        for case in [*tokenizer, *cases]:
            peer.stdin.write(json.dumps(case) + "\n")
        peer.stdin.close()

    threading.Thread(target=feed, daemon=True).start()
    for i, line in enumerate(peer.stdout):
        if i >= len(tokenizer):
            yield json.loads(line)
    if peer.wait() != 0:
        sys.exit("the peer failed")


def theirs(tokenizer, case):
    """The same from the Rust library, offsets in UTF-16 units."""
    options = case.get("options", {})
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = [without_surrogates(case["text"])] + ([without_surrogates(case["pair"])] if case.get("pair") is not None else [])
    try:
        if options.get("truncation"):
            o = options["truncation"]
            tokenizer.enable_truncation(o["maxLength"], stride=o.get("stride", 0), strategy=o.get("strategy", "longest_first"), direction=o.get("direction", "right"))
        if options.get("padding"):
            o = options["padding"]
            token = o.get("token", "[PAD]")
            tokenizer.enable_padding(direction=o.get("direction", "right"), pad_id=tokenizer.token_to_id(token), pad_type_id=o.get("typeId", 0), pad_token=token,
                                     length=None if o.get("length", "longest") == "longest" else o["length"], pad_to_multiple_of=o.get("multipleOf"))
        encoding = tokenizer.encode(*texts, add_special_tokens=options.get("addSpecialTokens", True))
    except ValueError:
        # Refused before it saw the text; this package looks at the stride only where it has to cut.
        return None
    except BaseException as error:  # a panic of the library is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        return {"error": str(error)}
    units = []
    for text in texts:
        at = [0]
        for c in text:
            at.append(at[-1] + (2 if ord(c) > 0xFFFF else 1))
        units.append(at)

    def everything(e):
        sequences = e.sequence_ids
        # Truncated encodings forget which text a token is of; then both maps agree or the type id tells.
        def unit(i, position):
            which = sequences[i] if sequences[i] is not None else min(e.type_ids[i], len(units) - 1)
            at = units[which]
            return at[position] if position < len(at) else position
        return {
            "ids": e.ids,
            "offsets": [unit(i, p) for i, o in enumerate(e.offsets) for p in o],
            "words": e.word_ids,
            "types": e.type_ids,
            "attention": e.attention_mask,
            "special": e.special_tokens_mask,
            "overflowing": [everything(o) for o in e.overflowing],
        }

    return {**everything(encoding), "decoded": tokenizer.decode(encoding.ids)}


def same(a, b, decoded):
    if "error" in a or "error" in b:
        return ("error" in a) == ("error" in b)
    if decoded and a["decoded"] != b["decoded"]:
        return False
    fields = ["ids", "offsets", "words", "types", "attention", "special"]
    if any(a[f] != b[f] for f in fields):
        return False
    # The library nests overflowing parts of overflowing parts; only the outer list is compared.
    return len(a["overflowing"]) == len(b["overflowing"]) and all(
        all(x[f] == y[f] for f in fields) for x, y in zip(a["overflowing"], b["overflowing"])
    )


def compare(name, path, cases, decoded=False):
    tokenizer = Tokenizer.from_file(str(path))
    bad, tokens, answers = 0, 0, []
    for case, mine in zip(cases, ours(path, cases)):
        their = theirs(tokenizer, case)
        answers.append(their)
        if their is None:
            continue
        tokens += len(their.get("ids", ()))
        if not same(mine, their, decoded):
            bad += 1
            if bad <= 3:
                print(json.dumps(case)[:400])
                for f in their:
                    if mine.get(f) != their.get(f):
                        print("   ", f, "ours", str(mine.get(f, mine))[:300], "theirs", str(their.get(f))[:300])
    print(f"{name}: {len(cases)} texts, {tokens} tokens, {bad} differ")
    return bad, answers


# ---- tokenizers --------------------------------------------------------------------------------------------


def with_normalizer(source, out, **flags):
    data = json.loads(source.read_text("utf8"))
    data["normalizer"].update(flags)
    out.write_text(json.dumps(data), "utf8")
    return out


def with_added_tokens(source, out):
    t = Tokenizer.from_file(str(source))
    t.add_tokens([
        AddedToken("plain", normalized=False), AddedToken("Norm Al", normalized=True), AddedToken("<left>", lstrip=True, normalized=False),
        AddedToken("<right>", rstrip=True, normalized=False), AddedToken("one", single_word=True, normalized=False),
        AddedToken("<both> it", lstrip=True, rstrip=True, normalized=False), AddedToken("é", normalized=True, single_word=True), AddedToken("plainest", normalized=False),
        AddedToken("<nl>", normalized=True, lstrip=True, rstrip=True),
    ])
    t.add_special_tokens([AddedToken("<|end|>", normalized=False)])
    t.save(str(out))
    return out


def option_cases(rng, texts, count, shortest=3):
    cases = []
    for _ in range(count):
        case = {"text": rng.choice(texts), "options": {}}
        if rng.random() < 0.6:
            case["pair"] = rng.choice(texts)
        if rng.random() < 0.3:
            case["options"]["addSpecialTokens"] = False
        if rng.random() < 0.8:
            length = rng.randrange(shortest, 16)
            case["options"]["truncation"] = {"maxLength": length, "stride": rng.choice([0, 0, 1, 2]), "strategy": rng.choice(["longest_first", "only_first", "only_second"]), "direction": rng.choice(["left", "right"])}
        if rng.random() < 0.6:
            case["options"]["padding"] = {"direction": rng.choice(["left", "right"]), "length": rng.choice(["longest", 5, 20]), "multipleOf": rng.choice([1, 4, 8]), "typeId": rng.choice([0, 1])}
        cases.append(case)
    return cases


def added_text(rng):
    parts = ["plain", "plainest", "Norm Al", "norm al", "NORM ÁL", "<left>", "<right>", "one", "someone", "one_", "<both> it", "é", "É", "e\u0301", "<nl>", "<NL>", "<|end|>", "[SEP]", " ", "  ", "\n", "\u3000", "x", "中", ".", "\u0000", "the"]
    return "".join(rng.choice(parts) for _ in range(rng.randrange(1, 12)))


# ---- goldens -----------------------------------------------------------------------------------------------


def character_tokenizer(texts, out):
    normal = normalizers.BertNormalizer()
    characters = sorted({c for text in texts for c in normal.normalize_str(without_surrogates(text))})
    # Every seventh character is left out, so that unknown words occur.
    known = [c for i, c in enumerate(characters) if i % 7 != 3 and not c.isspace()]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *known, *("##" + c for c in known), "the", "##ted", "want", "##n't"]
    vocab = {p: i for i, p in enumerate(dict.fromkeys(pieces))}
    t = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    t.normalizer = normal
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    t.save(str(out))
    return out


def composed_tokenizers(texts, folder):
    """Chains of normalizers and pre-tokenizers that vocabularies are trained with, each with characters as its pieces."""
    n, t = normalizers, pre_tokenizers
    chains = {
        "NFD, Lowercase, StripAccents; Whitespace": (n.Sequence([n.NFD(), n.Lowercase(), n.StripAccents()]), t.Whitespace()),
        "NFKC, BertNormalizer, Strip; BertPreTokenizer": (n.Sequence([n.NFKC(), n.BertNormalizer(), n.Strip()]), t.BertPreTokenizer()),
        "NFC; WhitespaceSplit, Digits": (n.NFC(), t.Sequence([t.WhitespaceSplit(), t.Digits(individual_digits=True)])),
        "NFKD, Lowercase; Whitespace, Punctuation": (n.Sequence([n.NFKD(), n.Lowercase()]), t.Sequence([t.Whitespace(), t.Punctuation()])),
        "none; WhitespaceSplit, Digits together": (None, t.Sequence([t.WhitespaceSplit(), t.Digits(individual_digits=False)])),
        "StripAccents; none": (n.StripAccents(), None),
    }
    for i, (name, (normal, split)) in enumerate(chains.items()):
        characters = sorted({c for text in texts for c in (normal.normalize_str(without_surrogates(text)) if normal else without_surrogates(text))})
        known = [c for k, c in enumerate(characters) if k % 7 != 3]
        pieces = dict.fromkeys(["[UNK]", "[MASK]", *known, *("##" + c for c in known), "the", "##ted"])
        tokenizer = Tokenizer(models.WordPiece({p: k for k, p in enumerate(pieces)}, unk_token="[UNK]"))
        if normal is not None:
            tokenizer.normalizer = normal
        if split is not None:
            tokenizer.pre_tokenizer = split
        tokenizer.add_special_tokens(["[MASK]"])
        path = folder / f"composed-{i}.json"
        tokenizer.save(str(path))
        yield name, path


def hardness(text):
    """How many different kinds of trouble a text has, for its length."""
    return len({unicodedata.category(c) for c in text}) + 2 * any(0xD800 <= ord(c) < 0xE000 for c in text) - len(text) / 40


def write_goldens(rng, folder, texts):
    hardest = sorted(texts, key=hardness, reverse=True)[:260]
    plain = character_tokenizer(hardest, folder / "golden.json")
    added = with_added_tokens(plain, folder / "golden-added.json")
    short = sorted(hardest, key=len)[:120] + ["the wanted cat's", "", "a b c d e f g h i j"]
    groups = []
    few = [old(t) for t in hardest[:100]]
    for name, path, cases in [
        *((name, path, [{"text": t} for t in few]) for name, path in composed_tokenizers(few, folder)),
        ("random text", plain, [{"text": t} for t in hardest]),
        ("pairs, truncation, padding", plain, option_cases(rng, short, 120)),
        ("added tokens", added, [{"text": added_text(rng)} for _ in range(120)]),
    ]:
        bad, answers = compare(f"goldens: {name}", path, cases)
        if bad:
            sys.exit("no goldens are written while there are differences")
        for answer in filter(None, answers):
            answer.pop("decoded", None)
            answer["overflowing"] = [{f: o[f] for f in ("ids", "offsets")} for o in answer.get("overflowing", [])]
        groups.append({"group": name, "tokenizer": json.loads(path.read_text("utf8"))})
        groups += [{**c, "expected": {"error": True} if "error" in a else a} for c, a in zip(cases, answers) if a is not None]
    # One line for each group with its tokenizer, one for each case. Texts may hold surrogate halves, which are only safe escaped.
    out = PACKAGE / "src" / "testing" / "goldens.jsonl"
    header = {"oracle": f"Python tokenizers {tokenizers.__version__}"}
    out.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [header, *groups]))
    print(out, out.stat().st_size)


# ---- all of it ---------------------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--random", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--goldens", action="store_true")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f"Python tokenizers {tokenizers.__version__}")
    bert = args.data / "bert-base-uncased" / "tokenizer.json"
    train = args.data / "tinystories" / "train.txt"
    stories = [s for s in train.read_text("utf8").split("\n<|endoftext|>\n") if s]
    texts = [random_text(rng) for _ in range(args.random)]
    some = texts[: max(1000, args.random // 10)]
    total = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        story = folder / "story.json"
        subprocess.run([*PEER, "train", str(train), str(story)], check=True)
        cased = with_normalizer(bert, folder / "cased.json", lowercase=False, strip_accents=None)
        accents = with_normalizer(bert, folder / "accents.json", lowercase=True, strip_accents=False)
        dirty = with_normalizer(bert, folder / "dirty.json", clean_text=False, handle_chinese_chars=False)
        added = with_added_tokens(bert, folder / "added.json")
        plans = [
            ("stories, bert-base-uncased", bert, [{"text": s} for s in stories], False),
            ("stories, own vocabulary", story, [{"text": s} for s in stories], True),
            ("random text, bert-base-uncased", bert, [{"text": t} for t in texts], False),
            ("random text, cased", cased, [{"text": t} for t in some], False),
            ("random text, lower case with accents", accents, [{"text": t} for t in some], False),
            ("random text, not cleaned", dirty, [{"text": t} for t in some], False),
            ("random text, own vocabulary", story, [{"text": long_assigned(t)} for t in texts], True),
            ("added tokens", added, [{"text": added_text(rng)} for _ in range(10_000)], False),
            ("pairs, truncation, padding", bert, option_cases(rng, [t for t in texts[:500]] + ["", "a b c d e f g h", "unwanted cats"], 10_000), False),
        ]
        for name, path, cases, decoded in plans:
            total += compare(name, path, cases, decoded)[0]
        ancient = [old(t) for t in some]
        for name, path in composed_tokenizers(ancient, folder):
            total += compare(f"random text, {name}", path, [{"text": t} for t in ancient])[0]
        if args.goldens:
            write_goldens(rng, folder, texts)
    print("all the same" if total == 0 else f"{total} differences")
    sys.exit(total != 0)


if __name__ == "__main__":
    main()
