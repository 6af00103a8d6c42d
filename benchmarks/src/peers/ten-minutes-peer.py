"""Trains a GPT in PyTorch for a given time on given batches, and scores it.

The first argument is a JSON file: the configuration, where parameters, training batches and held-out windows lie, and
the recipe; the second is `eager` or `compile`. `train SECONDS` answers the loss of the last step, the steps and the
seconds; `evaluate` answers the bits per byte of the held-out windows."""

import json
import math
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    print(f"absent {error.name}", flush=True)
    sys.exit(0)

with open(sys.argv[1], encoding="utf8") as file:
    given = json.load(file)
config, recipe = given["config"], given["recipe"]
torch.set_num_threads(given["threads"])
width, heads, layers, length = config["hiddenSize"], config["heads"], config["layers"], config["contextLength"]
rows = given["batch"]


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        flat = torch.from_file(given["parameters"], size=given["size"], dtype=torch.float32)
        self.p, at = {}, 0
        for name, shape in given["shapes"].items():
            count = math.prod(shape)
            value = flat[at : at + count].reshape(shape).clone()
            # PyTorch keeps the matrices of linear maps as [out, in]; the values are the same.
            is_linear = name.endswith(".weight") and len(shape) == 2
            self.p[name] = nn.Parameter(value.t().contiguous() if is_linear else value)
            at += count
        self.all = nn.ParameterList(self.p.values())

    def linear(self, x, name):
        return F.linear(x, self.p[name + ".weight"], self.p.get(name + ".bias"))

    def norm(self, x, name):
        return F.layer_norm(x, (width,), self.p[name + ".scale"], self.p[name + ".bias"], config["layerNormEpsilon"])

    def forward(self, ids):
        x = F.embedding(ids, self.p["embedding.token"]) + self.p["embedding.position"][: ids.shape[1]]
        for layer in range(layers):
            at = f"layers.{layer}."
            qkv = self.linear(self.norm(x, at + "attention.norm"), at + "attention.qkv")
            q, k, v = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in qkv.split(width, dim=2))
            scale = None if config["attentionScale"] else 1.0
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
            x = x + self.linear(y.transpose(1, 2).flatten(2), at + "attention.output")
            h = F.gelu(self.linear(self.norm(x, at + "mlp.norm"), at + "mlp.up"), approximate="tanh")
            x = x + self.linear(h, at + "mlp.down")
        return F.linear(self.norm(x, "finalNorm"), self.p["embedding.token"])


model = Gpt()
decayed = [p for p in model.parameters() if p.dim() >= 2]
others = [p for p in model.parameters() if p.dim() < 2]
groups = [{"params": decayed, "weight_decay": recipe["weightDecay"]}, {"params": others, "weight_decay": 0.0}]
optimizer = torch.optim.AdamW(groups, lr=recipe["peak"], betas=(0.9, 0.95), eps=1e-8, fused=True)
compiled = torch.compile(model) if sys.argv[2] == "compile" else model
# One row after another, the next one's first token the target of the last.
tokens = torch.from_file(given["tokens"], size=given["tokenCount"], dtype=torch.int32)


def batch(step):
    from_ = step * rows * length
    ids = tokens[from_ : from_ + rows * length + 1].long()
    return ids[:-1].view(rows, length), ids[1:].view(rows, length)


def rate(step, done):
    warmup = min(1.0, step / recipe["warmupSteps"])
    cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    return warmup * recipe["peak"] * (recipe["finalShare"] + (1 - recipe["finalShare"]) * cosine)


def train(seconds):
    began, step, loss = time.perf_counter(), 0, None
    while (passed := time.perf_counter() - began) < seconds:
        if (step + 1) * rows * length >= len(tokens):
            raise RuntimeError("the tokens do not last")
        for group in optimizer.param_groups:
            group["lr"] = rate(step + 1, passed / seconds)
        inputs, targets = batch(step)
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(compiled(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        value = loss.item()
        step += 1
    print(value, step, time.perf_counter() - began, flush=True)


@torch.no_grad()
def evaluate():
    held, nats = given["heldOut"], 0.0
    size = held["windows"] * length
    inputs = torch.from_file(held["inputs"], size=size, dtype=torch.int32).view(-1, length)
    targets = torch.from_file(held["targets"], size=size, dtype=torch.int32).view(-1, length)
    mask = torch.from_file(held["mask"], size=size, dtype=torch.float32).view(-1, length)
    for at in range(0, held["windows"], rows):
        logits = model(inputs[at : at + rows].long())
        losses = F.cross_entropy(logits.flatten(0, 1), targets[at : at + rows].long().flatten(), reduction="none")
        nats += (losses * mask[at : at + rows].flatten()).sum().item()
    print(nats / math.log(2) / held["bytes"], flush=True)


print(f"ready torch {torch.__version__.split('+')[0]} {sys.argv[2]}", flush=True)
for line in sys.stdin:
    command, *argument = line.split()
    if command == "train":
        train(float(argument[0]))
    else:
        evaluate()
