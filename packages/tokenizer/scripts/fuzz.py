"""Compares random tokenizers with Python `tokenizers` (the Rust library): every component that this package reads, in
random chains, on random texts, with random pairs, truncation and padding.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers
    /tmp/venv/bin/python packages/tokenizer/scripts/fuzz.py [--configurations 2000] [--texts 25] [--seed 1] [--goldens]

With --goldens the hardest cases are written to src/testing/fuzz-goldens.jsonl. One text in five may hold characters that
are newer than the Rust library's tables (Unicode 3.2 to 10); what these are depends on the engine's version of Unicode, so
that differences in such texts are counted by themselves and are no failure.
"""
import argparse
import itertools
import json
import random
import sys
import unicodedata

import tokenizers
from tokenizers import Tokenizer

from parity import PACKAGE, hardness, old, option_cases, ours, random_text, same, theirs, without_surrogates

PATTERNS = [
    {"String": " "}, {"String": "a"}, {"String": "e\u0301"}, {"String": "."}, {"String": "the"}, {"String": "-"},
    {"Regex": "\\s+"}, {"Regex": "[aeiou]"}, {"Regex": "\\d+|\\p{L}+"}, {"Regex": "^."}, {"Regex": " ?[^\\s\\p{L}\\p{N}]+"}, {"Regex": "(?=[A-Z])"},
    {"Regex": "[^\\s\\w]"}, {"Regex": "\\p{P}|\\p{S}"}, {"Regex": "x*"}, {"Regex": "'(?:s|t)|\\w+"},
]
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def flag(rng):
    return rng.random() < 0.5


def normalizer(rng, depth=0):
    kind = rng.choice(["BertNormalizer", "Lowercase", "StripAccents", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "ByteLevel", "Strip", "Replace", "Prepend", "Sequence", "Sequence"])
    if kind == "BertNormalizer":
        return {"type": kind, "clean_text": flag(rng), "handle_chinese_chars": flag(rng), "strip_accents": rng.choice([None, True, False]), "lowercase": flag(rng)}
    if kind == "Strip":
        return {"type": kind, "strip_left": flag(rng), "strip_right": flag(rng)}
    if kind == "Replace":
        return {"type": kind, "pattern": rng.choice(PATTERNS), "content": rng.choice(["", " ", "xy", "é", "中"])}
    if kind == "Prepend":
        return {"type": kind, "prepend": rng.choice(["▁", "ab", " "])}
    if kind == "Sequence":
        if depth > 1:
            return normalizer(rng, depth)
        return {"type": kind, "normalizers": [normalizer(rng, depth + 1) for _ in range(rng.randrange(1, 4))]}
    return {"type": kind}


def metaspace(rng):
    return {"type": "Metaspace", "replacement": rng.choice(["▁", "_"]), "prepend_scheme": rng.choice(["always", "first", "never"]), "split": flag(rng)}


def byte_level(rng):
    return {"type": "ByteLevel", "add_prefix_space": flag(rng), "trim_offsets": flag(rng), "use_regex": flag(rng)}


def pre_tokenizer(rng, depth=0):
    kind = rng.choice(["BertPreTokenizer", "Whitespace", "WhitespaceSplit", "ByteLevel", "Metaspace", "CharDelimiterSplit", "Punctuation", "Digits", "Split", "Split", "UnicodeScripts", "FixedLength", "Sequence", "Sequence"])
    if kind == "ByteLevel":
        return byte_level(rng)
    if kind == "Metaspace":
        return metaspace(rng)
    if kind == "CharDelimiterSplit":
        return {"type": kind, "delimiter": rng.choice(" -e中")}
    if kind == "Punctuation":
        return {"type": kind, "behavior": rng.choice(BEHAVIORS)}
    if kind == "Digits":
        return {"type": kind, "individual_digits": flag(rng)}
    if kind == "Split":
        return {"type": kind, "pattern": rng.choice(PATTERNS), "behavior": rng.choice(BEHAVIORS), "invert": flag(rng)}
    if kind == "FixedLength":
        return {"type": kind, "length": rng.randrange(1, 7)}
    if kind == "Sequence":
        if depth > 1:
            return pre_tokenizer(rng, depth)
        return {"type": kind, "pretokenizers": [pre_tokenizer(rng, depth + 1) for _ in range(rng.randrange(1, 4))]}
    return {"type": kind}


def decoder(rng, depth=0):
    kind = rng.choice(["WordPiece", "BPEDecoder", "CTC", "Replace", "Strip", "Fuse", "ByteFallback", "ByteLevel", "Metaspace", "Sequence", "Sequence"])
    if kind == "WordPiece":
        # On top the clean-up is that of transformers, over the whole text.
        return {"type": kind, "prefix": "##", "cleanup": depth > 0 and flag(rng)}
    if kind == "BPEDecoder":
        return {"type": kind, "suffix": rng.choice(["</w>", "e"])}
    if kind == "CTC":
        return {"type": kind, "pad_token": "[PAD]", "word_delimiter_token": "|", "cleanup": flag(rng)}
    if kind == "Replace":
        return {"type": kind, "pattern": rng.choice(PATTERNS), "content": rng.choice(["", " ", "xy"])}
    if kind == "Strip":
        return {"type": kind, "content": rng.choice(" e▁#"), "start": rng.randrange(3), "stop": 0}
    if kind == "ByteLevel":
        return byte_level(rng)
    if kind == "Metaspace":
        return metaspace(rng)
    if kind == "Sequence":
        if depth > 1:
            return decoder(rng, depth)
        return {"type": kind, "decoders": [decoder(rng, depth + 1) for _ in range(rng.randrange(1, 4))]}
    return {"type": kind}


def post_processor(rng, vocab):
    cls, sep = ["[CLS]", vocab["[CLS]"]], ["[SEP]", vocab["[SEP]"]]
    kind = rng.choice(["TemplateProcessing", "TemplateProcessing", "BertProcessing", "RobertaProcessing", "ByteLevel", "Sequence", None])
    if kind is None:
        return None
    if kind == "TemplateProcessing":
        def special(token, type_id):
            return {"SpecialToken": {"id": token, "type_id": type_id}}
        a, b = {"Sequence": {"id": "A", "type_id": rng.randrange(2)}}, {"Sequence": {"id": "B", "type_id": rng.randrange(3)}}
        single = [*([special("[CLS]", 0)] if flag(rng) else []), a, *([special("[SEP]", rng.randrange(2))] if flag(rng) else [])]
        pair = rng.choice([[*single, b, special("[SEP]", 1)], [special("[CLS]", 1), b, special("[SEP]", 0), a], [a, b]])
        return {"type": kind, "single": single, "pair": pair, "special_tokens": {t: {"id": t, "ids": [vocab[t]], "tokens": [t]} for t in ("[CLS]", "[SEP]")}}
    if kind == "BertProcessing":
        return {"type": kind, "sep": sep, "cls": cls}
    if kind == "RobertaProcessing":
        return {"type": kind, "sep": sep, "cls": cls, "trim_offsets": flag(rng), "add_prefix_space": flag(rng)}
    if kind == "ByteLevel":
        return byte_level(rng)
    other = post_processor(rng, vocab)
    while other is None or other["type"] == "Sequence":
        other = post_processor(rng, vocab)
    return {"type": kind, "processors": [byte_level(rng), other]}


def added_tokens(rng, vocab, normal):
    contents = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    forms = {}
    tokens = [{"content": c, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for c in contents]
    for content in rng.sample(["the", " ", "New T", "é", "É", "<s>", "##a", "\n", "e\u0301", "un", "中", "  ", "a b", "THE"], rng.randrange(5)):
        token = {"content": content, "single_word": flag(rng), "lstrip": flag(rng), "rstrip": flag(rng), "normalized": flag(rng), "special": rng.random() < 0.3}
        if token["normalized"] and normal is not None:
            # A token of which nothing is left would be found everywhere: the library takes all memory. Of tokens that
            # normalize to the same it finds any: they get the same flags here, and count as one when ids are compared.
            form = normal.normalize_str(content)
            if form == "":
                continue
            token = {**token, **forms.setdefault(form, {k: v for k, v in token.items() if k != "content"})}
        tokens.append(token)
    # The library numbers tokens that the model lacks from the model's size on, whatever the file says.
    size = len(vocab)
    for token in tokens:
        token["id"] = vocab.get(token["content"], size)
        size += token["id"] == size
    if rng.random() < 0.3:
        for token in tokens:
            token["id"] = rng.choice([token["id"], rng.randrange(size + 5)])
        twice = rng.choice(tokens)
        same_form = twice["normalized"] and normal is not None
        tokens.append({**twice, "lstrip": twice["lstrip"] if same_form else flag(rng), "special": twice["special"] if same_form else flag(rng)})
        tokens.append({**tokens[0], "content": ""})
    return tokens


def one_id(tokenizer, config):
    """What makes one of the ids of tokens that normalize to the same text."""
    first, ids = {}, {}
    for token in config["added_tokens"]:
        if not token["normalized"] or token["content"] == "" or tokenizer.normalizer is None:
            continue
        number = tokenizer.token_to_id(token["content"])
        ids[number] = first.setdefault(tokenizer.normalizer.normalize_str(token["content"]), number)

    def apply(answer):
        if "ids" not in answer:
            return answer
        return {**answer, "ids": [ids.get(i, i) for i in answer["ids"]], "overflowing": [apply(o) for o in answer["overflowing"]]}
    return apply


def configuration(rng, texts):
    normal = normalizer(rng) if rng.random() < 0.8 else None
    split = pre_tokenizer(rng) if rng.random() < 0.85 else None
    base = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": normal, "pre_tokenizer": split, "post_processor": None, "decoder": None}
    empty = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0}}
    probe = Tokenizer.from_str(json.dumps({**base, "model": empty}))
    words = []
    for text in texts:
        text = probe.normalizer.normalize_str(text) if normal else text
        words += [w for w, _ in probe.pre_tokenizer.pre_tokenize_str(text)] if split else [text]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    characters = sorted({c for w in words for c in w})
    known = [c for c in characters if rng.random() < 0.9]
    if rng.random() < 0.6:
        pieces = dict.fromkeys([*special, *known, *("##" + c for c in known)])
        for word in rng.sample(words, min(len(words), 60)):
            start = rng.randrange(len(word)) if word else 0
            piece = word[start : start + rng.randrange(1, 6)]
            if piece:
                pieces["##" + piece if start > 0 else piece] = None
        vocab = {p: i for i, p in enumerate(pieces)}
        model = {**empty, "max_input_chars_per_word": rng.choice([100, 100, 8]), "vocab": vocab}
    else:
        prefix, suffix = rng.choice(["", "", "##"]), rng.choice(["", "", "</w>"])
        # The library gives bytes of a prefix or suffix ranges that the text does not have.
        fallback = prefix + suffix == "" and flag(rng)
        pieces = dict.fromkeys([*special, *known, *([f"<0x{b:02X}>" for b in range(256)] if fallback else [])])
        pieces.update(dict.fromkeys([prefix + c for c in known] + [c + suffix for c in known] + [prefix + c + suffix for c in known]))
        merges = []
        for word in rng.sample(words, min(len(words), 80)):
            if len(word) < 2:
                continue
            symbols = [(prefix if i else "") + c + (suffix if i == len(word) - 1 else "") for i, c in enumerate(word)]
            for _ in range(rng.randrange(1, 4)):
                if len(symbols) < 2:
                    break
                i = rng.randrange(len(symbols) - 1)
                left, right = symbols[i], symbols[i + 1]
                if left not in pieces or right not in pieces:
                    break
                merged = left + right[len(prefix):]
                if [left, right] not in merges:
                    merges.append([left, right])
                    pieces[merged] = None
                symbols[i : i + 2] = [merged]
        vocab = {p: i for i, p in enumerate(pieces)}
        # With no token for unknown characters the library gives wrong ranges to what follows them.
        model = {"type": "BPE", "dropout": None, "unk_token": "[UNK]", "continuing_subword_prefix": prefix or None, "end_of_word_suffix": suffix or None,
                 "fuse_unk": flag(rng), "byte_fallback": fallback, "ignore_merges": flag(rng), "vocab": vocab, "merges": merges}
    return {**base, "added_tokens": added_tokens(rng, vocab, probe.normalizer), "post_processor": post_processor(rng, vocab), "decoder": decoder(rng) if rng.random() < 0.8 else None, "model": model}


def text_of(rng):
    parts = ["the", " ", "  ", "New T", "é", "É", "e\u0301", "<s>", "un", "THE", "\n", "a b", "don't", "x-y", "12", "½", "[SEP]", "▁", "_", "…"]
    own = "".join(rng.choice(parts) for _ in range(rng.randrange(8)))
    text = without_surrogates(rng.choice([random_text(rng), own, own + random_text(rng)]))
    return text if rng.random() < 0.2 else old(text)


def plan(rng, count, texts):
    """Configurations, each with its cases."""
    for _ in range(count):
        some = [text_of(rng) for _ in range(texts)]
        try:
            config = configuration(rng, some)
            tokenizer = Tokenizer.from_str(json.dumps(config))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            continue
        cases = [{"text": t} for t in some[: texts // 2]]
        # Of truncated pairs the library does not say which text a token is of: here positions must not depend on it.
        some = ["".join(c for c in t if ord(c) < 0x10000) for t in some]
        cases += option_cases(rng, some, texts - texts // 2, shortest=5)
        if trims(config["post_processor"]):
            # A blank that is no part of the text is trimmed off its range in characters there, in UTF-16 units here.
            cases = [{**case, "text": "".join(c for c in case["text"] if ord(c) < 0x10000)} for case in cases]
        yield config, tokenizer, cases


def trims(json):
    return json is not None and (json.get("trim_offsets", False) or any(map(trims, json.get("processors", []))))


def components(value):
    """Every type of component in a configuration."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value["type"]
        for key, each in value.items():
            if key != "vocab":
                yield from components(each)
    elif isinstance(value, list):
        for each in value:
            yield from components(each)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configurations", type=int, default=2000)
    parser.add_argument("--texts", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--goldens", action="store_true")
    parser.add_argument("--show", type=int, default=5)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f"Python tokenizers {tokenizers.__version__}")
    plans = list(plan(rng, args.configurations, args.texts))
    lines = itertools.chain.from_iterable([{"tokenizer": config}, *cases] for config, _, cases in plans)
    answers = ours(None, lines)
    compared, bad, newer, refused, goldens = 0, 0, 0, 0, []
    for config, tokenizer, cases in plans:
        opened = next(answers)
        if "error" in opened:
            refused += 1
            print("refused:", opened["error"][:300])
        cleaned = (config["decoder"] or {}).get("cleanup") and config["decoder"]["type"] == "WordPiece"
        hardest = None
        merged = one_id(tokenizer, config)
        for case in cases:
            mine, their = next(answers), theirs(tokenizer, case)
            # The library panics where a token took white space that another one begins with, and where an empty match
            # stands before a character of several bytes.
            if their is None or "error" in opened or any(p in their.get("error", "") for p in ("bad split", "out of bounds")):
                continue
            compared += 1
            both = case["text"] + (case.get("pair") or "")
            if not same(merged(mine), merged(their), not cleaned):
                if old(both) != both:
                    newer += 1
                    continue
                bad += 1
                if bad <= args.show:
                    shown = {k: v for k, v in config.items() if k not in ("model", "version", "truncation", "padding")}
                    shown["added_tokens"] = [t for t in shown["added_tokens"] if t["content"][0] != "["]
                    print(json.dumps({**shown, "model": {k: v for k, v in config["model"].items() if k not in ("vocab", "merges")}}, ensure_ascii=False))
                    print(json.dumps(case, ensure_ascii=False)[:300])
                    for f in their:
                        if mine.get(f) != their.get(f):
                            a, b = mine.get(f, mine), their.get(f)
                            if f == "overflowing" and isinstance(a, list) and len(a) == len(b):
                                a, b = next(((x, y) for x, y in zip(a, b) if any(x[k] != y[k] for k in ("ids", "offsets", "words", "types", "attention", "special"))), (a, b))
                                a, b = {k: v for k, v in a.items() if v != b.get(k)}, {k: v for k, v in b.items() if v != a.get(k)}
                                b.pop("overflowing", 0)
                            print("   ", f, "ours", str(a)[:300], "theirs", str(b)[:300])
            elif "error" not in their and old(both) == both and same(mine, their, not cleaned) and (hardest is None or hardness(case["text"]) > hardness(hardest[0]["text"])):
                hardest = (case, their)
        if hardest is not None:
            goldens.append((config, *hardest))
    print(f"{len(plans)} configurations, {refused} refused, {compared} texts, {bad} differ, {newer} with newer characters")
    if args.goldens and bad + refused == 0:
        write_goldens(goldens)
    sys.exit(bad + refused > 0)


def write_goldens(found):
    """Of all configurations those that together hold every component three times, with the hardest text of each."""
    seen, lines = {}, []
    for config, case, answer in sorted(found, key=lambda each: -hardness(each[1]["text"])):
        types = set(components(config))
        if all(seen.get(t, 0) >= 3 for t in types):
            continue
        for t in types:
            seen[t] = seen.get(t, 0) + 1
        answer["overflowing"] = [{f: o[f] for f in ("ids", "offsets")} for o in answer["overflowing"]]
        lines.append({"tokenizer": config, **case, "expected": answer})
    out = PACKAGE / "src" / "testing" / "fuzz-goldens.jsonl"
    header = {"oracle": f"Python tokenizers {tokenizers.__version__}"}
    out.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [header, *lines]))
    print(out, len(lines), out.stat().st_size)


if __name__ == "__main__":
    main()
