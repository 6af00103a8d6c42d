"""Fine-tunes a random GPT-Neo in PyTorch, whole and with adapters of PEFT, and opens what we export.

Input: {"folder", "batches": [{"inputs", "targets"}], "shape": [rows, length], "learningRate", "adapter": {...}, "ids"}.
"""

import pathlib
import sys

from peer import packages, read_input

with packages():
    import peft
    import torch
    import transformers

transformers.logging.set_verbosity_error()
settings = read_input()
folder = pathlib.Path(settings["folder"])
torch.set_num_threads(1)

torch.manual_seed(0)
config = transformers.GPTNeoConfig(
    vocab_size=50257,
    max_position_embeddings=64,
    hidden_size=32,
    num_layers=2,
    num_heads=4,
    attention_types=[[["global", "local"], 1]],
    window_size=8,
    resid_dropout=0,
    embed_dropout=0,
    attention_dropout=0,
    initializer_range=0.05,
)
transformers.GPTNeoForCausalLM(config).save_pretrained(folder / "base")
base = transformers.AutoModelForCausalLM.from_pretrained(folder / "base")
torch.manual_seed(1)
peft.get_peft_model(base, peft.LoraConfig(task_type="CAUSAL_LM", **settings["adapter"])).save_pretrained(
    folder / "adapter"
)


def load(name, adapter=None, trainable=False):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder / name)
    return peft.PeftModel.from_pretrained(model, folder / adapter, is_trainable=trainable) if adapter else model


def losses(model):
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim >= 2], "weight_decay": 0.1},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    rate = settings["learningRate"]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=rate, betas=(0.9, 0.95), eps=1e-8)
    found = []
    for batch in settings["batches"]:
        inputs = torch.tensor(batch["inputs"]).view(settings["shape"])
        targets = torch.tensor(batch["targets"])
        logits = model(inputs).logits
        loss = torch.nn.functional.cross_entropy(logits.view(-1, logits.shape[-1]), targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        found.append(loss.item())
    return found


def logits(model):
    with torch.no_grad():
        return model.eval()(torch.tensor([settings["ids"]])).logits[0, -1].tolist()


commands = {
    "full": lambda: losses(load("base")),
    "lora": lambda: losses(load("base", "adapter", trainable=True)),
    "exported": lambda: logits(load("exported")),
    "exported-adapter": lambda: logits(load("base", "exported-adapter")),
}
print(f"ready torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}", flush=True)
for line in sys.stdin:
    print(" ".join(repr(value) for value in commands[line.strip()]()), flush=True)
