"""Trains a GPT in PyTorch for a given time on given batches, and scores it.

The first argument is a JSON file: the configuration, where parameters, training batches and held-out windows lie, and
the recipe; the second is `eager` or `compile`. `train SECONDS` answers the loss of the last step, the steps and the
seconds; `evaluate` answers the bits per byte of the held-out windows."""

import math
import sys
import time

from peer import packages, read_input

with packages():
    import torch
    from torch import nn
    from torch.nn import functional as F

given = read_input()
config, recipe = given["config"], given["recipe"]
torch.set_num_threads(given["threads"])
width, heads, layers, length = config["hiddenSize"], config["heads"], config["layers"], config["contextLength"]
rows = given["batch"]


kv_heads = config.get("keyValueHeads", heads)
head_size = width // heads
rotary, cap = config.get("rotary"), config.get("logitCap")
mixed, activation = config.get("sharedValues"), config.get("activation", "gelu")


def angles():
    pairs = rotary.get("channels", head_size) // 2
    turns = torch.arange(length)[:, None] / rotary["base"] ** (torch.arange(pairs) / pairs)
    return turns.cos(), turns.sin()


def rotate(x, cos, sin):
    pairs = cos.shape[1]
    a, b, rest = x[..., :pairs], x[..., pairs : 2 * pairs], x[..., 2 * pairs :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin, rest], dim=-1)


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        flat = torch.from_file(given["parameters"], size=given["size"], dtype=torch.float32)
        self.p, at = {}, 0
        for name, shape in given["shapes"].items():
            count = math.prod(shape)
            value = flat[at : at + count].reshape(shape).clone()
            # PyTorch keeps the matrices of linear maps as [out, in]; the values are the same.
            self.p[name] = nn.Parameter(value.t().contiguous() if is_map(name, shape) else value)
            at += count
        self.all = nn.ParameterList(self.p.values())
        if rotary:
            self.cos, self.sin = angles()

    def linear(self, x, name):
        return F.linear(x, self.p[name + ".weight"], self.p.get(name + ".bias"))

    def norm(self, x, name):
        scale, epsilon = self.p[name + ".scale"], config["layerNormEpsilon"]
        if config.get("norm") == "rms":
            return F.rms_norm(x, (width,), scale, epsilon)
        return F.layer_norm(x, (width,), scale, self.p[name + ".bias"], epsilon)

    def embed(self, ids):
        x = F.embedding(ids, self.p["embedding.token"])
        if not rotary:
            x = x + self.p["embedding.position"][: ids.shape[1]]
        if config.get("bigramRows"):
            before = F.pad(ids[:, :-1], (1, 0), value=config["vocabSize"])
            rows = (before * given["bigramFactor"] + ids) % config["bigramRows"]
            x = x + F.embedding(rows, self.p["embedding.bigram"])
        return x

    def placed(self, x, name):
        if config.get("queryKeyNorm"):
            x = F.rms_norm(x, (head_size,), self.p[name + ".scale"], config["layerNormEpsilon"])
        return rotate(x, self.cos, self.sin) if rotary else x

    def neurons(self, x):
        if activation == "gelu":
            return F.gelu(x, approximate="tanh")
        if activation == "relu2":
            return F.relu(x).square()
        gate, up = x.chunk(2, dim=-1)
        return F.silu(gate) * up

    def forward(self, ids):
        x = self.embed(ids)
        values = F.embedding(ids, self.p["embedding.value"]) if mixed == "embedding" else None
        for layer in range(layers):
            at = f"layers.{layer}."
            qkv = self.linear(self.norm(x, at + "attention.norm"), at + "attention.qkv")
            q, k, v = qkv.split([width, kv_heads * head_size, kv_heads * head_size], dim=2)
            if mixed and values is not None:
                own, shared = self.p[at + "attention.valueMix.scale"]
                v = own * v + shared * values
            elif mixed:
                values = v
            q, k, v = (part.unflatten(2, (-1, head_size)).transpose(1, 2) for part in (q, k, v))
            q, k = self.placed(q, at + "attention.queryNorm"), self.placed(k, at + "attention.keyNorm")
            scale = None if config["attentionScale"] else 1.0
            grouped = kv_heads != heads
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale, enable_gqa=grouped)
            x = x + self.linear(y.transpose(1, 2).flatten(2), at + "attention.output")
            h = self.neurons(self.linear(self.norm(x, at + "mlp.norm"), at + "mlp.up"))
            x = x + self.linear(h, at + "mlp.down")
        head = self.p["embedding.token" if config["tiedHead"] else "head.weight"]
        logits = F.linear(self.norm(x, "finalNorm"), head)
        return cap * torch.tanh(logits / cap) if cap else logits


def is_map(name, shape):
    return name.endswith(".weight") and len(shape) == 2 and name != "head.weight"


def orthogonalize(matrix):
    """The nearest semi-orthogonal matrix, roughly: Newton-Schulz with Keller Jordan's coefficients, as ours."""
    a, b, c = 3.4445, -4.775, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.t() if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        gram = x @ x.t()
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.t() if tall else x


class Muon(torch.optim.Optimizer):
    """As ours: Nesterov momentum made orthogonal map by map, scaled by outputs and inputs, with decoupled decay."""

    def __init__(self, named, factor, decay, cautious, maps):
        super().__init__([p for _, p in named], {"lr": 0.0})
        self.names = {p: name for name, p in named}
        self.factor, self.decay, self.cautious, self.maps = factor, decay, cautious, maps
        self.direction = torch.compile(orthogonalize) if sys.argv[2] == "compile" else orthogonalize

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                sums = self.state[p].setdefault("sums", torch.zeros_like(p))
                sums.mul_(0.95).add_(p.grad)
                ahead = p.grad + 0.95 * sums
                own = next((c for end, c in self.maps.items() if self.names[p].endswith(end)), [p.shape[0]])
                parts = [self.direction(m) * max(1, m.shape[0] / m.shape[1]) ** 0.5 for m in ahead.split(own)]
                update = torch.cat(parts)
                decay = self.decay * p
                update = update + (decay * (update * p > 0) if self.cautious else decay)
                p.sub_(update, alpha=group["lr"] * self.factor)


model = Gpt()
uses_muon = recipe["optimizer"] == "muon"
named = list(model.p.items())
hidden = [(n, p) for n, p in named if uses_muon and is_map(n, p.shape)]
rest = [(n, p) for n, p in named if not (uses_muon and is_map(n, p.shape))]
groups = [
    {"params": [p for _, p in rest if p.dim() >= 2], "weight_decay": recipe["weightDecay"]},
    {"params": [p for _, p in rest if p.dim() < 2], "weight_decay": 0.0},
]
optimizers = [torch.optim.AdamW(groups, lr=recipe["peak"], betas=(0.9, 0.95), eps=1e-8, fused=True)]
if hidden:
    optimizers.append(
        Muon(hidden, recipe["muonFactor"], recipe["weightDecay"], recipe["cautious"], recipe["maps"])
    )
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


def loss_of(step):
    inputs, targets = batch(step)
    return F.cross_entropy(compiled(inputs).flatten(0, 1), targets.flatten())


def warm_up():
    """Compiles before the clock, as ours does: one pass whose gradients nobody takes."""
    loss_of(0).backward()
    for _, p in hidden:
        optimizers[1].direction(p.grad)
    model.zero_grad(set_to_none=True)


def train(seconds):
    warm_up()
    began, step, loss = time.perf_counter(), 0, None
    while (passed := time.perf_counter() - began) < seconds:
        if (step + 1) * rows * length >= len(tokens):
            raise RuntimeError("the tokens do not last")
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate(step + 1, passed / seconds)
        model.zero_grad(set_to_none=True)
        loss = loss_of(step)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
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
