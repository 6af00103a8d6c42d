"""Writes goldens.json and the models beside it: what transformers and numpy say about small random models.

    python make-goldens.py        (with torch, transformers, safetensors, numpy)

The evidence of heads is computed here from its definition, row by row and in two passes, and not as the package does.
"""
import json
import pathlib
import shutil

import numpy as np
import torch
import transformers
from safetensors.numpy import load_file
from transformers import GPT2Config, GPT2LMHeadModel, GPTNeoConfig, GPTNeoForCausalLM

here = pathlib.Path(__file__).parent
torch.manual_seed(5)
vocab, context, window, least_keys = 17, 24, 6, 4
texts = [torch.randint(vocab, (n,)).tolist() for n in (24, 19, 23)]


def rows_of(pattern, window):
    """Each row from its fourth on: weights without the first token, the first's weight or None, keys."""
    for q in range(least_keys, len(pattern)):
        start = max(0, q - window + 1)
        row = pattern[q, start : q + 1]
        yield (row[1:], row[0], len(row)) if start == 0 else (row, None, len(row))


def evidence(patterns, window):
    rows = [r for p in patterns for r in rows_of(p.astype(np.float64), window)]
    firsts = [(f, 1 / n) for _, f, n in rows if f is not None]
    mean, even = (np.mean([f for f, _ in firsts]), np.mean([e for _, e in firsts]))
    normal = [w / w.sum() for w, _, _ in rows if w.sum() >= 1e-6]
    longest = max(len(w) for w in normal)
    by_distance = [np.mean([w[len(w) - 1 - d] for w in normal if len(w) > d]) for d in range(longest)]
    squares = sum((w**2).sum() for w in normal)
    from_even = sum(((w - 1 / len(w)) ** 2).sum() for w in normal)
    from_distance = sum(
        sum((w[len(w) - 1 - d] - by_distance[d]) ** 2 for d in range(len(w))) for w in normal
    )
    return {
        "rows": len(normal),
        "firstToken": max(0, (mean - even) / (1 - even)),
        "averaging": sum((1 / len(w)) for w in normal) / squares,
        "distance": max(0, (from_even - from_distance) / squares),
        "bestDistance": int(np.argmax(by_distance)),
        "bestDistanceWeight": max(by_distance),
    }


def top(logits, count):
    values, ids = torch.softmax(logits, -1).topk(count)
    return [[{"id": i, "probability": p} for i, p in zip(a, b)] for a, b in zip(ids.tolist(), values.tolist())]


def queries_and_keys(name, ids):
    """Of the second head of the first layer, from the saved weights by numpy alone. GPT-Neo does not scale."""
    w = {k.removeprefix("transformer."): v.astype(np.float64) for k, v in load_file(here / name / "model.safetensors").items()}
    x = w["wte.weight"][ids] + w["wpe.weight"][: len(ids)]
    x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5)
    x = x * w["h.0.ln_1.weight"] + w["h.0.ln_1.bias"]
    width = x.shape[1]
    if name == "gpt2":
        q, k, _ = np.split(x @ w["h.0.attn.c_attn.weight"] + w["h.0.attn.c_attn.bias"], 3, axis=1)
        q = q / np.sqrt(width // 2)
    else:
        q, k = (x @ w[f"h.0.attn.attention.{part}_proj.weight"].T for part in "qk")
    return {"queries": q[:, width // 2 :].flatten().tolist(), "keys": k[:, width // 2 :].flatten().tolist()}


def measure(name, model, windows):
    model.eval()
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.5)
    folder = here / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    neurons = {}
    for layer, block in enumerate(model.transformer.h):
        block.mlp.act.register_forward_hook(lambda _, __, out, layer=layer: neurons.update({layer: out[0]}))
    with torch.no_grad():
        outs = [model(torch.tensor([t]), output_attentions=True, output_hidden_states=True) for t in texts]
        model(torch.tensor([texts[0]]))
        activations = {k: v.numpy() for k, v in neurons.items()}
        heads = [
            {"layer": l, "head": h, **evidence([o.attentions[l][0, h].numpy() for o in outs], windows[l])}
            for l in range(len(windows))
            for h in range(2)
        ]
        # The last hidden state of transformers has gone through the final norm already.
        states = outs[0].hidden_states
        lens = [top(model.lm_head(model.transformer.ln_f(s[0])), 3) for s in states[:-1]]
        lens.append(top(outs[0].logits[0], 3))
        probabilities = torch.softmax(outs[0].logits[0], -1)
        own = [probabilities[i, t].item() for i, t in enumerate(texts[0][1:])]
        neuron = activations[1][:, 3]
        order = sorted(range(len(neuron)), key=lambda i: (-neuron[i], i))[:4]
        attention = model.transformer.h[1].attn
        size = model.config.hidden_size // 2
        if name == "gpt2":
            attention.c_proj.weight[size:] = 0
        else:
            attention.attention.out_proj.weight[:, size:] = 0
        ablated = model(torch.tensor([texts[0]])).logits[0, -1]
    return {
        "pattern": outs[0].attentions[1][0, 0].flatten().tolist(),
        **queries_and_keys(name, texts[0]),
        "heads": heads,
        "lens": lens,
        "own": own,
        "neuron": [{"position": i, "value": float(neuron[i])} for i in order],
        "ablated": ablated.tolist(),
    }


# The same formulas are in head-evidence.test.ts. Each row is scaled to sum 1.
made = {
    "previous token": lambda q, k: (q - k == 1) + 0.02 * ((q * 7 + k * 3) % 5),
    "third back": lambda q, k: (q - k == 3) + 0.01 * ((q * 7 + k * 3) % 5),
    "fading": lambda q, k: 0.5 ** (q - k),
    "uniform": lambda q, k: 1,
    "nearly uniform": lambda q, k: 1 + 0.2 * ((q * 7 + k * 3) % 5),
    "first token": lambda q, k: 1 + (k == 0) * 4 * q,
    "by word": lambda q, k: 0.01 + (k % 5 == 3) * (k < q),
}


def pattern(weight):
    values = np.array([[float(weight(q, k)) if k <= q else 0 for k in range(context)] for q in range(context)])
    return values / values.sum(1, keepdims=True)


goldens = {
    "made": {
        name: {window: evidence([pattern(weight)], window) for window in (context, 6)}
        for name, weight in made.items()
    },
    "transformers": transformers.__version__,
    "torch": torch.__version__,
    "numpy": np.__version__,
    "texts": texts,
    "models": {
        "gpt_neo": measure("gpt_neo", GPTNeoForCausalLM(GPTNeoConfig(
            vocab_size=vocab, max_position_embeddings=context, hidden_size=8, num_layers=2, num_heads=2,
            attention_types=[[["global", "local"], 1]], window_size=window, bos_token_id=0, eos_token_id=0,
            attn_implementation="eager")), [context, window]),
        "gpt2": measure("gpt2", GPT2LMHeadModel(GPT2Config(
            vocab_size=vocab, n_positions=context, n_embd=8, n_layer=2, n_head=2, bos_token_id=0, eos_token_id=0,
            attn_implementation="eager")), [context, context]),
    },
}
(here / "goldens.json").write_text(json.dumps(goldens) + "\n")
