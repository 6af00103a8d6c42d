"""Goes on training an exported model in PyTorch, on any number of processes, on token shards.

    tinystories data prepare stories.txt --tokenizer runs/mine/tokenizer.json --out shards
    tinystories export --model runs/mine --format transformers --out exported
    torchrun --nproc-per-node 2 continue-in-pytorch.py --model exported --shards shards --steps 200 --out continued
    tinystories evaluate --model continued --data valid.txt

Needs torch, transformers, safetensors and numpy. Every rank reads the windows whose number falls to it, so that the
ranks together see each window of the shards once an epoch, in an order that the seed decides.
"""
import argparse
import json
import os
import pathlib
import shutil

import numpy
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from transformers import AutoModelForCausalLM


class Windows:
    """Windows of `length` + 1 tokens over all shards, end to end, mapped into memory."""

    def __init__(self, folder, length):
        index = json.loads((folder / "index.json").read_text())
        dtype = {"uint16": "<u2", "uint32": "<u4"}[index["dtype"]]
        self.vocab_size = index["vocabSize"]
        self.shards = [numpy.memmap(folder / shard["file"], dtype, "r") for shard in index["shards"]]
        # The last token of a window is only a target, and the first input of the next.
        self.counts = [(len(shard) - 1) // length for shard in self.shards]
        self.length = length

    def __len__(self):
        return sum(self.counts)

    def __getitem__(self, number):
        for shard, count in zip(self.shards, self.counts):
            if number < count:
                begin = number * self.length
                return torch.from_numpy(shard[begin : begin + self.length + 1].astype(numpy.int64))
            number -= count
        raise IndexError(number)


def batches(windows, size, seed, rank, world):
    """For ever: each epoch in another order, each rank its share of every batch."""
    for epoch in range(10**9):
        order = numpy.random.default_rng([seed, epoch]).permutation(len(windows))
        step = size * world
        for begin in range(0, len(order) - step + 1, step):
            mine = order[begin + rank * size : begin + (rank + 1) * size]
            yield torch.stack([windows[int(number)] for number in mine])
        if len(order) < step:
            raise SystemExit(f"the shards hold {len(order)} windows, fewer than the {step} of one step")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--shards", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=8, help="windows a rank takes in a step")
    parser.add_argument("--learning-rate", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()

    dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    rank, world = dist.get_rank(), dist.get_world_size()
    device = f"cuda:{os.environ['LOCAL_RANK']}" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(options.seed)
    model = AutoModelForCausalLM.from_pretrained(options.model).to(device).train()
    windows = Windows(options.shards, model.config.max_position_embeddings)
    if windows.vocab_size > model.config.vocab_size:
        raise SystemExit(f"the shards have {windows.vocab_size} tokens, the model {model.config.vocab_size}: prepare them with its tokenizer.json")
    parallel = DistributedDataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.learning_rate, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.steps)
    for step, batch in zip(range(1, options.steps + 1), batches(windows, options.batch, options.seed, rank, world)):
        batch = batch.to(device)
        logits = parallel(batch[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        if rank == 0 and (step % 20 == 0 or step == options.steps):
            print(f"step {step}  loss {mean.item() / world:.3f} nats/token on {world} ranks", flush=True)
    if rank == 0:
        model.save_pretrained(options.out)
        for name in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(options.model / name, options.out / name)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
