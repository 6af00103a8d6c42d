"""Computes ONNX graphs by numpy, with the reference evaluator of onnx. Each line of the input is a JSON object with `model`
and, by name, `inputs`, bytes in base64; each is answered with a line with `outputs`, by name, or `error`."""

import base64
import json
import sys

import numpy
import onnx
from onnx.reference import ReferenceEvaluator

TYPES = {"float32": numpy.float32, "int32": numpy.int32, "bool": numpy.bool_}


def evaluate(request):
    model = onnx.load_from_string(base64.b64decode(request["model"]))
    inputs = {
        name: numpy.frombuffer(base64.b64decode(given["data"]), TYPES[given["dtype"]]).reshape(given["shape"])
        for name, given in request["inputs"].items()
    }
    used = {value.name for value in model.graph.input}
    results = ReferenceEvaluator(model).run(None, {name: x for name, x in inputs.items() if name in used})
    return {
        output.name: {"dtype": str(x.dtype), "data": base64.b64encode(numpy.ascontiguousarray(x).tobytes()).decode()}
        for output, x in zip(model.graph.output, map(numpy.asarray, results))
    }


print(f"ready numpy {numpy.__version__}, onnx {onnx.__version__}", flush=True)
numpy.seterr(all="ignore")
for line in sys.stdin:
    try:
        answer = {"outputs": evaluate(json.loads(line))}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
