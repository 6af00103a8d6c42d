"""Writes with PyTorch: an eager GPT with a key/value cache, and transformers' generate, from the same weights.

One command a line, `WAY THREADS ROWS TOKENS SAMPLE`; answers the seconds and then the ids of the first row.
"""

import json
import sys
import time

from peer import packages, read_input

with packages():
    import torch
    import torch.nn.functional as F
    import transformers
    from safetensors.torch import load_file

given = read_input()
folder = given["model"]
prompts = given["prompts"]
model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
weights = load_file(f"{folder}/model.safetensors")
config = json.load(open(f"{folder}/config.json", encoding="utf8"))
hidden, layers, heads = config["hidden_size"], config["num_layers"], config["num_heads"]


class Block(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        take = lambda name: weights[f"transformer.h.{layer}.{name}"]
        linear = lambda weight, bias=None: self.linear(weight, bias)
        self.ln_1, self.ln_2 = self.norm(take("ln_1.weight"), take("ln_1.bias")), self.norm(
            take("ln_2.weight"), take("ln_2.bias")
        )
        self.qkv = linear(torch.cat([take(f"attn.attention.{x}_proj.weight") for x in "qkv"]))
        self.out = linear(take("attn.attention.out_proj.weight"), take("attn.attention.out_proj.bias"))
        self.up = linear(take("mlp.c_fc.weight"), take("mlp.c_fc.bias"))
        self.down = linear(take("mlp.c_proj.weight"), take("mlp.c_proj.bias"))

    @staticmethod
    def norm(weight, bias):
        norm = torch.nn.LayerNorm(hidden)
        norm.weight.data, norm.bias.data = weight, bias
        return norm

    @staticmethod
    def linear(weight, bias):
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
        linear.weight.data = weight
        if bias is not None:
            linear.bias.data = bias
        return linear

    def forward(self, x, cache, mask):
        rows, length, _ = x.shape
        q, k, v = (
            part.view(rows, length, heads, hidden // heads).transpose(1, 2)
            for part in self.qkv(self.ln_1(x)).split(hidden, 2)
        )
        if cache is not None:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None and length > 1, scale=1.0)
        x = x + self.out(y.transpose(1, 2).reshape(rows, length, hidden))
        return x + self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh")), (k, v)


blocks = [Block(layer) for layer in range(layers)]
final = Block.norm(weights["transformer.ln_f.weight"], weights["transformer.ln_f.bias"])
tokens, positions = weights["transformer.wte.weight"], weights["transformer.wpe.weight"]


def eager(ids, count):
    """Greedy, rows of one length: what nanoGPT's generate would be with a cache."""
    cache, written, start = [None] * layers, [], 0
    for _ in range(count):
        x = tokens[ids] + positions[start : start + ids.shape[1]]
        start += ids.shape[1]
        for i, block in enumerate(blocks):
            x, cache[i] = block(x, cache[i], None)
        ids = F.linear(final(x[:, -1]), tokens).argmax(-1, keepdim=True)
        written.append(ids)
    return torch.cat(written, 1)


def padded(rows):
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    return ids, mask


def generate(rows, count, sample):
    ids, mask = padded(rows)
    settings = dict(do_sample=True, top_k=0, temperature=1.0) if sample else dict(do_sample=False)
    out = model.generate(
        ids, attention_mask=mask, max_new_tokens=count, min_new_tokens=count, pad_token_id=0, eos_token_id=None, **settings
    )
    return out[:, ids.shape[1] :]


print(f"ready torch {torch.__version__}, transformers {transformers.__version__}", flush=True)
for line in sys.stdin:
    way, threads, rows, count, sample = line.split()
    torch.set_num_threads(int(threads))
    chosen = (prompts * (int(rows) // len(prompts) + 1))[: int(rows)]
    with torch.inference_mode():
        begin = time.perf_counter()
        if way == "eager":
            ids = eager(torch.tensor(chosen), int(count))
        else:
            # Batches of at most 64, as ours.
            ids = torch.cat(
                [generate(chosen[i : i + 64], int(count), sample == "1") for i in range(0, len(chosen), 64)]
            )
        seconds = time.perf_counter() - begin
    print(seconds, *ids[0].tolist(), flush=True)
