"""Trains vocabularies with the Rust trainers: `train` (WordPiece) and `train-byte-level` answer the seconds, `tokens` the
mean tokens of a story with the vocabulary trained last, `memory` the process's peak resident memory in MB."""

import resource
import sys
import time

from peer import packages, read_input

with packages():
    import tokenizers
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

given = read_input()
stories = given["stories"]
print(f"ready tokenizers {tokenizers.__version__}", flush=True)

tokenizer = None
for line in sys.stdin:
    command = line.strip()
    if command == "train":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(given["pattern"]), "isolated")
        trainer = trainers.WordPieceTrainer(
            vocab_size=given["vocabSize"], min_frequency=2, special_tokens=["<|endoftext|>", "[UNK]"], show_progress=False
        )
        begin = time.perf_counter()
        tokenizer.train_from_iterator(stories, trainer)
        print(f"{time.perf_counter() - begin} {tokenizer.get_vocab_size()}", flush=True)
    elif command == "train-byte-level":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=given["vocabSize"], min_frequency=2, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
        )
        begin = time.perf_counter()
        tokenizer.train_from_iterator(stories, trainer)
        print(f"{time.perf_counter() - begin} {tokenizer.get_vocab_size()}", flush=True)
    elif command == "tokens":
        print(sum(len(e.ids) for e in tokenizer.encode_batch_fast(stories)) / len(stories), flush=True)
    else:
        print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6), flush=True)
