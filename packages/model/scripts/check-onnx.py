"""Checks a folder that `tinystories export --format onnx-fixed` wrote, with onnx and onnxruntime.

    python check-onnx.py ONNX_FOLDER [TRANSFORMERS_FOLDER]

Both graphs must pass onnx.checker; reading token by token with decode.onnx must give the logits of forward.onnx, and
where torch and transformers are installed those of transformers, of the same model exported with --format transformers.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime

folder = sys.argv[1]
about = json.load(open(f"{folder}/model.json", encoding="utf8"))
rows, length, vocabulary = about["rows"], about["length"], about["vocabSize"]
for name in ("forward", "decode"):
    model = onnx.load(f"{folder}/{name}.onnx")
    onnx.checker.check_model(model, full_check=True)
    domains = {node.domain for node in model.graph.node}
    print(f"{name}.onnx: {len(model.graph.node)} nodes, opset {model.opset_import[0].version}, domains {domains}")
    assert domains == {""}, "only operations of the standard"

ids = np.random.default_rng(1).integers(0, vocabulary, (rows, length), dtype=np.int32)
session = onnxruntime.InferenceSession(f"{folder}/forward.onnx")
(whole,) = session.run(["logits"], {"ids": ids})

session = onnxruntime.InferenceSession(f"{folder}/decode.onnx")
past = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs() if i.name.startswith("past/")}
names = [o.name for o in session.get_outputs()]
apart = 0.0
for step in range(length):
    feeds = {"ids": ids[:, step : step + 1], "lengths": np.full(rows, step, np.int32), **past}
    outputs = dict(zip(names, session.run(names, feeds)))
    past = {name: outputs[name.replace("past", "present")] for name in past}
    apart = max(apart, float(np.abs(outputs["logits"] - whole[:, step]).max()))
print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: decode and forward differ by {apart:.1e}")
assert apart < 1e-4

if len(sys.argv) > 2:
    import torch
    from transformers import AutoModelForCausalLM, __version__

    model = AutoModelForCausalLM.from_pretrained(sys.argv[2]).eval()
    with torch.inference_mode():
        theirs = model(torch.tensor(ids, dtype=torch.long)).logits.numpy()
    apart = float(np.abs(theirs - whole).max())
    print(f"transformers {__version__}: differs by {apart:.1e}")
    assert apart < 1e-4
