"""Adapters of PEFT on the models in from-transformers, and what they make of some tokens.

pip install torch transformers peft; python make-adapters.py
"""

import json
import pathlib

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

here = pathlib.Path(__file__).parent
ids = [[5, 1, 7, 2, 3, 6, 0, 4]]
cases = {
    "gpt_neo": dict(r=2, lora_alpha=6, target_modules=["q_proj", "v_proj", "mlp.c_fc"]),
    "gpt2": dict(r=3, lora_alpha=3, target_modules=["c_attn", "c_proj"], use_rslora=True, fan_in_fan_out=True),
}
expected = {}
for name, options in cases.items():
    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(here / "from-transformers" / name).eval()
    model = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **options)).eval()
    for key, value in model.named_parameters():
        if "lora_B" in key:
            torch.nn.init.normal_(value, std=0.3)
    model.save_pretrained(here / "adapters" / name)
    (here / "adapters" / name / "README.md").unlink(missing_ok=True)
    config = here / "adapters" / name / "adapter_config.json"
    settings = json.loads(config.read_text())
    settings["base_model_name_or_path"] = name
    config.write_text(json.dumps(settings, indent=2) + "\n")
    with torch.no_grad():
        logits = model(torch.tensor(ids)).logits[0, -1]
    expected[name] = {"ids": ids[0], "lastLogits": logits.tolist()}
(here / "adapters" / "expected.json").write_text(json.dumps(expected) + "\n")
