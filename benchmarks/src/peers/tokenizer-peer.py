"""Encodes stories or random words with the Rust tokenizers, once for every line on stdin; answers the seconds."""

import sys
import time

from peer import packages, read_input

with packages():
    import tokenizers
    from tokenizers import Tokenizer

given = read_input()
tokenizer = Tokenizer.from_file(given["tokenizer"])
tokenizer.no_padding()
tokenizer.no_truncation()
# The fast variant keeps no offsets.
ways = {"ids": tokenizer.encode_batch_fast, "offsets": tokenizer.encode_batch}
print(f"ready tokenizers {tokenizers.__version__}", flush=True)

for line in sys.stdin:
    texts, way = line.split()
    begin = time.perf_counter()
    encodings = ways[way](given[texts])
    print(f"{time.perf_counter() - begin} {len(encodings)}", flush=True)
