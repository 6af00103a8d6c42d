"""Writes pickles/: what torch.save makes of a small GPT-2 and of a few tensors, and files that want code to run.

    python make-pickles.py        (with torch, transformers, safetensors)

The malicious files are made of operations that Python's own pickle would follow; none of them is run here.
"""
import collections
import io
import json
import pathlib
import pickle
import zipfile

import torch
from safetensors.torch import load_file

here = pathlib.Path(__file__).parent
out = here / "pickles"
out.mkdir(exist_ok=True)

torch.save(load_file(here / "from-transformers" / "gpt2" / "model.safetensors"), out / "gpt2.bin")
torch.manual_seed(1)
base = torch.randn(4, 6)
tensors = {
    "plain": base,
    "transposed": base.t(),
    "part": base[1:3, 2:5],
    "half": base.half(),
    "bfloat16": base.bfloat16(),
    "double": base.double(),
    "empty": torch.zeros(0, 3),
    "scalar": torch.tensor(2.5),
}
torch.save({"state_dict": collections.OrderedDict(tensors), "step": 12, "name": "x"}, out / "tensors.bin")
for protocol in (3, 4):
    torch.save(torch.nn.Linear(2, 3).state_dict(), out / f"protocol-{protocol}.bin", pickle_protocol=protocol)
expected = {name: tensor.float().flatten().tolist() for name, tensor in tensors.items()}
(out / "tensors.json").write_text(json.dumps(expected) + "\n")


class Evil:
    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


def write(name, content):
    with zipfile.ZipFile(out / name, "w", zipfile.ZIP_STORED) as file:
        file.writestr("archive/data.pkl", content)
        file.writestr("archive/data/0", bytes(16))


import builtins, os, subprocess

for name, call in {
    "system": Evil(os.system, "touch /tmp/owned"),
    "eval": Evil(builtins.eval, "1"),
    "popen": Evil(subprocess.Popen, ["true"]),
    "getattr": Evil(builtins.getattr, "x", "upper"),
}.items():
    for protocol in (2, 4):
        write(f"evil-{name}-{protocol}.bin", pickle.dumps({"a": call}, protocol=protocol))
# A function of tensors' own, called with something else.
write("evil-rebuild.bin", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(X\x01\x00\x00\x00xK\x00K\x01K\x01tR.")
# Old operations that import and call: INST, OBJ, and a reduction by number.
write("evil-inst.bin", b"(S'true'\nios\nsystem\n.")
write("evil-obj.bin", b"(cos\nsystem\nX\x04\x00\x00\x00trueo.")
write("evil-extension.bin", b"\x80\x02\x82\x01.")
# A memo index and a text length as large as they can be.
write("bomb-memo.bin", b"\x80\x02}r\xff\xff\xff\xff.")
write("bomb-text.bin", b"\x80\x02X\xff\xff\xff\xffa.")
