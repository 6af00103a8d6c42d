"""Checks .onnx files by the public checker, shapes and types included: check_onnx.py FILE... (pip install onnx)"""

import sys

import onnx

for path in sys.argv[1:]:
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    domains = sorted({node.domain or "ai.onnx" for node in model.graph.node})
    print(f"{path}: {len(model.graph.node)} nodes of {', '.join(domains)}, valid by onnx {onnx.__version__}")
