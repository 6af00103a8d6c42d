"""Reads batches of random windows from a file of tokens as nanoGPT does, or tokenises stories into such a file."""

import json
import sys
import time

from peer import packages

with packages():
    import numpy
    from tokenizers import Tokenizer
    from tokenizers import __version__ as version

stories, tokenizer_json, shard, out = sys.argv[1:5]
context_length, batch_size, batches = map(int, sys.argv[5:8])
tokenizer = Tokenizer.from_file(tokenizer_json)
tokenizer.no_padding()
tokenizer.no_truncation()
end = tokenizer.token_to_id("[SEP]")
texts = json.load(open(stories))
print(f"ready numpy {numpy.__version__} memmap; tokenizers {version}", flush=True)


def read():
    # A new map for each pass; within it the peer gathers a batch with one fancy index, which is faster than a stack of slices.
    data = numpy.memmap(shard, dtype="<u2", mode="r")
    random = numpy.random.default_rng(1)
    columns = numpy.arange(context_length + 1)
    total = 0
    for _ in range(batches):
        starts = random.integers(0, len(data) - context_length - 1, size=batch_size)
        rows = data[starts[:, None] + columns].astype(numpy.int32)
        inputs, targets = rows[:, :-1].copy(), rows[:, 1:].copy()
        total += inputs.size
    return total


def read_stacked():
    # As nanoGPT's get_batch: slices, each to int64, stacked.
    data = numpy.memmap(shard, dtype="<u2", mode="r")
    random = numpy.random.default_rng(1)
    total = 0
    for _ in range(batches):
        starts = random.integers(0, len(data) - context_length - 1, size=batch_size)
        inputs = numpy.stack([data[i : i + context_length].astype(numpy.int64) for i in starts])
        targets = numpy.stack([data[i + 1 : i + 1 + context_length].astype(numpy.int64) for i in starts])
        total += inputs.size
    return total


def write():
    # In batches, as a list of all encodings would not fit for a real data set.
    total = 0
    with open(out, "wb") as file:
        for first in range(0, len(texts), 1000):
            for encoding in tokenizer.encode_batch(texts[first : first + 1000], add_special_tokens=False):
                tokens = numpy.array(encoding.ids + [end], dtype="<u2")
                file.write(tokens.tobytes())
                total += len(tokens)
    return total


commands = {"read": read, "stacked": read_stacked, "write": write}
for line in sys.stdin:
    begin = time.perf_counter()
    total = commands[line.strip()]()
    print(f"{time.perf_counter() - begin} {total}", flush=True)
