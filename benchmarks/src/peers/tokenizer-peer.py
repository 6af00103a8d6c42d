"""Encodes stories or random words with the Rust tokenizers, once for every line on stdin; answers the seconds."""

import json
import sys
import time

try:
    import tokenizers
    from tokenizers import Tokenizer
except ImportError as error:
    print(f"absent {error.name}", flush=True)
    sys.exit(0)

with open(sys.argv[1], encoding="utf8") as file:
    given = json.load(file)
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
