"""Opens exports with transformers: AutoTokenizer, AutoModelForCausalLM and their generation settings.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch transformers
    node --conditions=@tinystories/source packages/pipeline/scripts/write-examples.ts /tmp/examples
    /tmp/venv/bin/python packages/pipeline/scripts/check-transformers.py /tmp/examples
"""

import json
import pathlib
import sys

import torch
import transformers

failures = 0


def check(what, same):
    global failures
    failures += not same
    print(f"  {'same' if same else 'DIFFERENT'}: {what}")


for path in sorted(pathlib.Path(sys.argv[1]).glob("*/expected.json")):
    folder = path.parent
    expected = json.loads(path.read_text())
    print(folder.name)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    for text in expected["texts"]:
        ids = tokenizer(text["text"], add_special_tokens=False)["input_ids"]
        check(f"{len(ids)} tokens of a text", ids == text["ids"])
        check("their text", tokenizer.decode(ids) == text["decoded"])
    check("special tokens", tokenizer.bos_token_id == tokenizer.eos_token_id == tokenizer.pad_token_id)
    config = model.generation_config
    check("how it samples", (config.do_sample, config.temperature, config.top_p, config.max_new_tokens) == (True, 0.7, 0.95, 300))
    inputs = tokenizer(expected["prompt"], add_special_tokens=False, return_tensors="pt")
    check("the tokens of a prompt", inputs["input_ids"][0].tolist() == expected["promptIds"])
    inputs.pop("token_type_ids", None)
    with torch.no_grad():
        output = model.generate(**inputs, do_sample=False, max_new_tokens=40)[0].tolist()
    greedy = expected["greedy"]
    new = output[len(expected["promptIds"]) :]
    check(f"{len(greedy)} greedy tokens", new[: len(greedy)] == greedy)

print(f"transformers {transformers.__version__}: {'all the same' if failures == 0 else f'{failures} differences'}")
sys.exit(failures > 0)
