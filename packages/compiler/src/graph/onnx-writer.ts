import type { Writer } from 'protobufjs/minimal.js'
import protobuf from 'protobufjs/minimal.js'
import type { Attribute, ConstantData, ElementType, Graph, GraphNode, Value } from './graph.ts'

/** Opset 18 is the first whose reductions all take their axes as an input; IR version 8 goes with it. */
const OPSET = { opset: 18, irVersion: 8 }
/** What the first opset is that has an operation, where it came later. */
const LATER: Readonly<Record<string, typeof OPSET>> = { Attention: { opset: 23, irVersion: 11 } }
/** Operations whose outputs after the first may be left out, which spares the work for those that nobody needs. */
const OPTIONAL_OUTPUTS: ReadonlySet<string> = new Set(['Attention', 'LayerNormalization'])

// Field numbers and enum values from onnx.proto of the ONNX project; `wire` types as protobuf defines them.
const VARINT = 0
const BYTES = 2
const FLOAT = 5
const DATA_TYPE: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 }
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 }

const Fields = {
  model: { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 },
  opset: { domain: 1, version: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12, valueInfo: 13 },
  node: { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 },
  attribute: { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 },
  tensor: { dims: 1, dataType: 2, name: 8, rawData: 9 },
  valueInfo: { name: 1, type: 2 },
  type: { tensorType: 1 },
  tensorType: { elemType: 1, shape: 2 },
  shape: { dim: 1 },
  dimension: { value: 1, name: 2 },
} as const

/** Writes a graph as a standard `.onnx` file (a serialised ModelProto). */
export function writeOnnx(graph: Graph, name = 'compiled'): Uint8Array {
  const names = namesOf(graph)
  const writer = protobuf.Writer.create()
  const { opset, irVersion } = graph.nodes.map(node => LATER[node.op]).find(Boolean) ?? OPSET
  int(writer, Fields.model.irVersion, irVersion)
  text(writer, Fields.model.producerName, '@tinystories/compiler')
  message(writer, Fields.model.graph, w => writeGraph(w, graph, names, name))
  const domains = new Set(graph.nodes.map(node => node.domain))
  for (const domain of new Set(['', ...domains])) {
    message(writer, Fields.model.opsetImport, w => {
      text(w, Fields.opset.domain, domain)
      int(w, Fields.opset.version, domain === '' ? opset : 1)
    })
  }
  return writer.finish()
}

/** A graph that copies a tensor `x` of any shape to `y`. */
export function writeCopy(type: ElementType): Uint8Array {
  const writer = protobuf.Writer.create()
  int(writer, Fields.model.irVersion, OPSET.irVersion)
  message(writer, Fields.model.graph, graph => {
    message(graph, Fields.graph.node, node => {
      text(node, Fields.node.input, 'x')
      text(node, Fields.node.output, 'y')
      text(node, Fields.node.opType, 'Identity')
    })
    text(graph, Fields.graph.name, 'copy')
    message(graph, Fields.graph.input, w => writeValueInfo(w, 'x', { type }))
    message(graph, Fields.graph.output, w => writeValueInfo(w, 'y', { type }))
  })
  message(writer, Fields.model.opsetImport, w => int(w, Fields.opset.version, OPSET.opset))
  return writer.finish()
}

/** Graph inputs and outputs keep their names, every other value is `v` and its number; what is left out has none. */
function namesOf(graph: Graph): (value: Value) => string {
  const names = new Map<Value, string>()
  const used = new Set([
    ...graph.nodes.flatMap(node => node.inputs),
    ...graph.outputs.map(({ value }) => value),
  ])
  for (const { op, outputs } of graph.nodes) {
    if (OPTIONAL_OUTPUTS.has(op))
      for (const output of outputs.slice(1)) if (!used.has(output)) names.set(output, '')
  }
  for (const { name, value } of [...graph.inputs, ...graph.outputs]) names.set(value, name)
  return value => names.get(value) ?? `v${value.id}`
}

function writeGraph(writer: Writer, graph: Graph, nameOf: (value: Value) => string, name: string): void {
  for (const node of graph.nodes) message(writer, Fields.graph.node, w => writeNode(w, node, nameOf))
  text(writer, Fields.graph.name, name)
  const constants = new Set(graph.nodes.flatMap(node => node.inputs).filter(value => value?.constant))
  for (const value of constants)
    message(writer, Fields.graph.initializer, w => writeTensor(w, value!, nameOf(value!)))
  for (const side of ['input', 'output'] as const)
    for (const { name, value, axes } of graph[`${side}s`])
      message(writer, Fields.graph[side], w =>
        writeValueInfo(w, name, { type: value.type, shape: axes ?? value.shape }),
      )
  // A shape that is computed cannot be inferred, and without it no memory after it can be planned.
  const known = new Set(graph.outputs.map(({ value }) => value))
  for (const { op, inputs, outputs } of graph.nodes) {
    const value = outputs[0]!
    if (op !== 'Reshape' || inputs[1]!.constant || known.has(value)) continue
    message(writer, Fields.graph.valueInfo, w => writeValueInfo(w, nameOf(value), value))
  }
}

function writeNode(writer: Writer, node: GraphNode, nameOf: (value: Value) => string): void {
  for (const input of node.inputs) text(writer, Fields.node.input, input ? nameOf(input) : '')
  for (const output of node.outputs) text(writer, Fields.node.output, nameOf(output))
  text(writer, Fields.node.name, `${node.op}_${node.outputs[0]!.id}`)
  text(writer, Fields.node.opType, node.op)
  for (const [name, attribute] of Object.entries(node.attributes)) {
    message(writer, Fields.node.attribute, w => writeAttribute(w, name, attribute))
  }
  if (node.domain !== '') text(writer, Fields.node.domain, node.domain)
}

function writeAttribute(writer: Writer, name: string, attribute: Attribute): void {
  text(writer, Fields.attribute.name, name)
  if ('float' in attribute) {
    writer.uint32((Fields.attribute.f << 3) | FLOAT).float(attribute.float)
    int(writer, Fields.attribute.type, ATTRIBUTE_TYPE.float)
  } else if ('int' in attribute) {
    int(writer, Fields.attribute.i, attribute.int)
    int(writer, Fields.attribute.type, ATTRIBUTE_TYPE.int)
  } else if ('string' in attribute) {
    text(writer, Fields.attribute.s, attribute.string)
    int(writer, Fields.attribute.type, ATTRIBUTE_TYPE.string)
  } else {
    for (const value of attribute.ints) int(writer, Fields.attribute.ints, value)
    int(writer, Fields.attribute.type, ATTRIBUTE_TYPE.ints)
  }
}

function writeTensor(writer: Writer, value: Value, name: string): void {
  for (const size of value.shape) int(writer, Fields.tensor.dims, size)
  int(writer, Fields.tensor.dataType, DATA_TYPE[value.type])
  text(writer, Fields.tensor.name, name)
  writer.uint32((Fields.tensor.rawData << 3) | BYTES).bytes(littleEndian(value.constant!))
}

/** Without a shape the tensor may have any. */
function writeValueInfo(
  writer: Writer,
  name: string,
  { type: elementType, shape: sizes }: { type: ElementType; shape?: readonly (number | string)[] },
): void {
  text(writer, Fields.valueInfo.name, name)
  message(writer, Fields.valueInfo.type, type =>
    message(type, Fields.type.tensorType, tensor => {
      int(tensor, Fields.tensorType.elemType, DATA_TYPE[elementType])
      if (!sizes) return
      message(tensor, Fields.tensorType.shape, shape => {
        for (const size of sizes)
          message(shape, Fields.shape.dim, w =>
            typeof size === 'string'
              ? text(w, Fields.dimension.name, size)
              : int(w, Fields.dimension.value, size),
          )
      })
    }),
  )
}

function int(writer: Writer, field: number, value: number): void {
  writer.uint32((field << 3) | VARINT).int64(value)
}

function text(writer: Writer, field: number, value: string): void {
  writer.uint32((field << 3) | BYTES).string(value)
}

function message(writer: Writer, field: number, write: (writer: Writer) => void): void {
  write(writer.uint32((field << 3) | BYTES).fork())
  writer.ldelim()
}

/** Raw tensor data is little-endian by the standard, and so is every machine that tfjs runs on. */
function littleEndian(data: ConstantData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
