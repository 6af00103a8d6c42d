"""The Python side of parity.ts; see there."""
import json
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForCausalLM


def measure(model, batch):
    model.eval()
    logits = model(torch.tensor(batch["ids"])).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.tensor(batch["targets"]).flatten())
    loss.backward()
    gradients = {f"gradients/{name}": p.grad.contiguous() for name, p in model.named_parameters()}
    return {"logits": logits.detach(), "loss": loss.detach().reshape(1), **gradients}


for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    batch = json.loads((folder / "batch.json").read_text())
    model, info = AutoModelForCausalLM.from_pretrained(folder / "ours", output_loading_info=True)
    assert not any(info.values()), info
    here, there = measure(model, batch), load_file(folder / "ours.safetensors")
    assert here.keys() == there.keys(), here.keys() ^ there.keys()
    apart = {"logits": 0.0, "loss": 0.0, "gradients": 0.0}
    for name, value in here.items():
        kind = name.split("/")[0]
        difference = (value - there[name]).abs().max() / value.abs().max().clamp(min=1)
        apart[kind] = max(apart[kind], difference.item())
    versions = f"transformers {transformers.__version__}, torch {torch.__version__}"
    (folder / "there.json").write_text(json.dumps({**apart, "versions": versions}))

    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(folder / "ours"))
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.25)
    model.save_pretrained(folder / "theirs")
    save_file(measure(model, batch), folder / "theirs.safetensors")
