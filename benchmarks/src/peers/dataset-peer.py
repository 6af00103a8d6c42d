"""Streams stories with Hugging Face datasets and a fast tokenizer, and packs them, once for every line on stdin."""

import sys
import time

from peer import packages

with packages():
    import numpy
    from datasets import load_dataset
    from datasets import __version__ as version
    from tokenizers import Tokenizer

stories, tokenizer_json, context_length, buffer_size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tokenizer = Tokenizer.from_file(tokenizer_json)
tokenizer.no_padding()
tokenizer.no_truncation()
end = tokenizer.token_to_id("[SEP]")
print(f"ready datasets {version} streaming, tokenizers", flush=True)

for _ in sys.stdin:
    begin = time.perf_counter()
    stream = load_dataset("json", data_files=stories, split="train", streaming=True)
    stream = stream.shuffle(seed=1, buffer_size=buffer_size)
    rest = numpy.array([end], dtype=numpy.int32)
    rows = 0
    for batch in stream.iter(batch_size=256):
        encodings = tokenizer.encode_batch(batch["text"], add_special_tokens=False)
        pieces = [rest]
        for encoding in encodings:
            pieces.append(numpy.array(encoding.ids + [end], dtype=numpy.int32))
        tokens = numpy.concatenate(pieces)
        whole = (len(tokens) - 1) // context_length
        for row in range(whole):
            inputs = tokens[row * context_length : (row + 1) * context_length]
            targets = tokens[row * context_length + 1 : (row + 1) * context_length + 1]
            rows += len(inputs) == len(targets)
        rest = tokens[whole * context_length :]
    print(f"{time.perf_counter() - begin} {rows}", flush=True)
