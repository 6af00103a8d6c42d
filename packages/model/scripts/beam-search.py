"""What transformers' beam search finds for the cases of beam-search.ts: python beam-search.py FOLDER [goldens.json]"""
import json
import pathlib
import sys

import torch
import transformers
from transformers import AutoModelForCausalLM

root = pathlib.Path(sys.argv[1])
goldens = {"transformers": transformers.__version__, "torch": torch.__version__, "models": {}}
for folder in sorted(root.iterdir(), key=lambda path: int(path.name)):
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    results = []
    for case in json.loads((folder / "cases.json").read_text()):
        prompt, stops = case["prompt"], case["stopIds"]
        out = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            do_sample=False,
            num_beams=case["beams"],
            num_return_sequences=case["count"],
            length_penalty=float(case["lengthPenalty"]),
            early_stopping=case["earlyStopping"],
            max_new_tokens=case["maxTokens"],
            eos_token_id=stops or None,
            pad_token_id=99 if stops else None,
            return_dict_in_generate=True,
            output_scores=True,
        )
        texts = []
        for sequence, score in zip(out.sequences.tolist(), out.sequences_scores.tolist()):
            ids = sequence[len(prompt) :]
            ends = [i for i, id in enumerate(ids) if id in stops or id == 99]
            texts.append({"ids": ids[: ends[0]] if ends else ids, "score": score})
        results.append(texts)
    (folder / "expected.json").write_text(json.dumps(results))
    goldens["models"][folder.name] = results
if len(sys.argv) > 2:
    pathlib.Path(sys.argv[2]).write_text(json.dumps(goldens) + "\n")
