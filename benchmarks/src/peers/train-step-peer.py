"""A GPT's whole training step in PyTorch: forward, backward, clipping by the global norm, AdamW.

The first argument is a JSON file: the configuration, where the initial parameters lie, the batches, and the device if it
is not the processor; the second is `eager` or `compile`. `step N` answers the seconds of each of N steps, `losses N` the losses of the first N steps from
the initial parameters, `matmul` the GFLOP/s of a matrix product, `memory` the peak resident memory in bytes."""

import re
import sys
import time

from peer import packages, read_input

with packages():
    import torch
    from torch import nn
    from torch.nn import functional as F

given = read_input()
mode = sys.argv[2]
config = given["config"]
torch.set_num_threads(given["threads"])
device = given.get("device", "cpu")
width, heads, layers = config["hiddenSize"], config["heads"], config["layers"]


def read_parameters():
    """The tensors that the other side starts from, by name."""
    flat = torch.from_file(given["parameters"], size=given["size"], dtype=torch.float32)
    found, at = {}, 0
    for name, shape in given["shapes"].items():
        count = 1
        for length in shape:
            count *= length
        found[name] = nn.Parameter(flat[at : at + count].reshape(shape).clone().to(device))
        at += count
    return found


class Block(nn.Module):
    def __init__(self, p, layer):
        super().__init__()
        at = f"layers.{layer}."
        # PyTorch keeps [out, in]; the values are the same.
        matrix = lambda name: nn.Parameter(p[at + name].t().contiguous())
        self.norm1, self.bias1 = p[at + "attention.norm.scale"], p[at + "attention.norm.bias"]
        self.norm2, self.bias2 = p[at + "mlp.norm.scale"], p[at + "mlp.norm.bias"]
        self.qkv, self.out, self.out_bias = matrix("attention.qkv.weight"), matrix("attention.output.weight"), p[at + "attention.output.bias"]
        self.up, self.up_bias = matrix("mlp.up.weight"), p[at + "mlp.up.bias"]
        self.down, self.down_bias = matrix("mlp.down.weight"), p[at + "mlp.down.bias"]

    def forward(self, x):
        batch, length, _ = x.shape
        h = F.layer_norm(x, (width,), self.norm1, self.bias1, config["layerNormEpsilon"])
        q, k, v = (
            part.view(batch, length, heads, width // heads).transpose(1, 2) for part in F.linear(h, self.qkv).split(width, dim=2)
        )
        scale = None if config["attentionScale"] else 1.0
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scale)
        x = x + F.linear(y.transpose(1, 2).reshape(batch, length, width), self.out, self.out_bias)
        h = F.layer_norm(x, (width,), self.norm2, self.bias2, config["layerNormEpsilon"])
        return x + F.linear(F.gelu(F.linear(h, self.up, self.up_bias), approximate="tanh"), self.down, self.down_bias)


class Gpt(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.tokens, self.positions = p["embedding.token"], p["embedding.position"]
        self.blocks = nn.ModuleList(Block(p, layer) for layer in range(layers))
        self.norm, self.bias = p["finalNorm.scale"], p["finalNorm.bias"]

    def forward(self, ids, targets):
        x = F.embedding(ids, self.tokens) + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        x = F.layer_norm(x, (width,), self.norm, self.bias, config["layerNormEpsilon"])
        return F.cross_entropy(F.linear(x, self.tokens).flatten(0, 1), targets.flatten())


def tensors(batch):
    shape = (given["batch"], config["contextLength"])
    return torch.tensor(batch["inputs"], device=device).view(shape), torch.tensor(batch["targets"], device=device).view(shape)


batches = [tensors(batch) for batch in given["batches"]]


def start():
    """The model and a function that takes one step and gives the loss."""
    model = Gpt(read_parameters())
    decayed = [p for p in model.parameters() if p.dim() >= 2]
    others = [p for p in model.parameters() if p.dim() < 2]
    groups = [{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=given["learningRate"], betas=(0.9, 0.95), eps=1e-8, fused=True)
    run = torch.compile(model) if mode == "compile" else model

    def step(i):
        inputs, targets = batches[i % len(batches)]
        optimizer.zero_grad(set_to_none=True)
        loss = run(inputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


def matmul():
    a, b = torch.randn(2048, 1024), torch.randn(1024, 1024)
    best = 1e9
    for _ in range(12):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * 2048 * 1024 * 1024 / best / 1e9


def peak():
    with open("/proc/self/status", encoding="utf8") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) * 1024


step = start()
if mode == "compile":
    began = time.perf_counter()
    try:
        step(0)
    except Exception as error:  # whatever its compiler lacks here
        print(f"absent torch.compile ({type(error).__name__}: {str(error).splitlines()[0][:120]})", flush=True)
        sys.exit(0)
    # The first step compiled; the model starts anew for the losses.
    compiled_in = time.perf_counter() - began
    name = f"torch {torch.__version__.split('+')[0]} compile"
    print(f"ready {name}", flush=True)
else:
    print(f"ready torch {torch.__version__.split('+')[0]} eager", flush=True)

taken = 0
for line in sys.stdin:
    command, *argument = line.split()
    if command == "step":
        began = time.perf_counter()
        for _ in range(int(argument[0])):
            step(taken)
            taken += 1
        print((time.perf_counter() - began) / int(argument[0]), flush=True)
    elif command == "losses":
        fresh = start()
        print(*[fresh(i) for i in range(int(argument[0]))], flush=True)
    elif command == "matmul":
        print(matmul(), flush=True)
    elif command == "prepared":
        print(compiled_in, flush=True)
    else:
        print(peak(), flush=True)
