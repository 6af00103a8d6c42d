"""Writes expected.safetensors, about.json and the models in from-transformers/.

    node --conditions=@tinystories/source save-models.ts /tmp/ours
    python make-goldens.py /tmp/ours        (with torch, transformers, safetensors)

Both ways: models that we saved are opened by transformers, and models that transformers saved are to be opened here.
Logits, loss and the gradients of the mean loss are what the Python side computed, in float32.
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel, GPTNeoConfig, GPTNeoForCausalLM

here = pathlib.Path(__file__).parent
ids = [[1, 2, 12, 1, 1, 0, 7, 5, 3], [4, 4, 4, 6, 2, 9, 11, 10, 8]]
targets = [[2, 12, 1, 1, 0, 7, 5, 3, 1], [4, 4, 6, 2, 9, 11, 10, 8, 0]]


expected = {}


def measure(key, model, with_gradients):
    model.eval()
    logits = model(torch.tensor(ids)).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.tensor(targets).flatten())
    expected[f"{key}/logits"] = logits.detach()
    expected[f"{key}/loss"] = loss.detach()
    if with_gradients:
        loss.backward()
        for name, p in model.named_parameters():
            expected[f"{key}/gradients/{name}"] = p.grad


def ours(folder):
    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not any(info.values()), info
    measure(f"ours/{folder.name}", model, True)


def theirs(name, model):
    torch.manual_seed(3)
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.3)
    folder = here / "from-transformers" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    measure(f"theirs/{name}", model, False)


for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    ours(folder)
theirs("gpt_neo", GPTNeoForCausalLM(GPTNeoConfig(
    vocab_size=13, max_position_embeddings=9, hidden_size=6, num_layers=4, num_heads=2,
    attention_types=[[["global", "local"], 2]], window_size=2, bos_token_id=12, eos_token_id=12)))
theirs("gpt2", GPT2LMHeadModel(GPT2Config(
    vocab_size=13, n_positions=9, n_embd=6, n_layer=2, n_head=3, n_inner=7, tie_word_embeddings=False,
    bos_token_id=12, eos_token_id=12)))
save_file({name: tensor.contiguous() for name, tensor in expected.items()}, here / "expected.safetensors")
about = {"transformers": transformers.__version__, "torch": torch.__version__, "ids": ids, "targets": targets}
(here / "about.json").write_text(json.dumps(about, indent=2) + "\n")
