import protobuf from 'protobufjs/light.js'
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from './graph-builder.ts'
import { writeOnnx } from './onnx-writer.ts'

// The parts of onnx.proto that are written here, to read them back by an independent way through protobufjs.
const field = (type: string, id: number, repeated = false): { type: string; id: number; rule?: string } => ({
  type,
  id,
  ...(repeated && { rule: 'repeated' }),
})
const Model = protobuf.Root.fromJSON({
  nested: {
    Opset: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    Attribute: {
      fields: {
        name: field('string', 1),
        f: field('float', 2),
        i: field('int64', 3),
        s: field('bytes', 4),
        ints: field('int64', 8, true),
        type: field('int32', 20),
      },
    },
    Tensor: {
      fields: {
        dims: field('int64', 1, true),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
      },
    },
    Dimension: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
    Shape: { fields: { dim: field('Dimension', 1, true) } },
    TensorType: { fields: { elemType: field('int32', 1), shape: field('Shape', 2) } },
    Type: { fields: { tensorType: field('TensorType', 1) } },
    ValueInfo: { fields: { name: field('string', 1), type: field('Type', 2) } },
    Node: {
      fields: {
        input: field('string', 1, true),
        output: field('string', 2, true),
        name: field('string', 3),
        opType: field('string', 4),
        attribute: field('Attribute', 5, true),
        domain: field('string', 7),
      },
    },
    Graph: {
      fields: {
        node: field('Node', 1, true),
        name: field('string', 2),
        initializer: field('Tensor', 5, true),
        input: field('ValueInfo', 11, true),
        output: field('ValueInfo', 12, true),
      },
    },
    Model: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('Graph', 7),
        opsetImport: field('Opset', 8, true),
      },
    },
  },
}).lookupType('Model')

const read = (bytes: Uint8Array): Record<string, never> =>
  Model.toObject(Model.decode(bytes), { longs: Number, bytes: Array, defaults: false }) as Record<
    string,
    never
  >

describe('writeOnnx', () => {
  it('writes names, types, shapes, attributes of every kind, constants and negative numbers', () => {
    const builder = new GraphBuilder()
    const x = builder.input('in/x', 'float32', [2, 3])
    const constant = builder.constant(Float32Array.of(1.5, -2, 0), 'float32', [3])
    const sum = builder.node('Add', [x, constant], x)
    const made = builder.node(
      'Made',
      [sum, null, builder.ints([-1, 5])],
      { type: 'int32', shape: [] },
      {
        domain: 'com.microsoft',
        attributes: { a: { int: -3 }, b: { float: 0.5 }, c: { string: 'add' }, d: { ints: [0, -1] } },
      },
    )
    builder.output('out', made)
    const model = read(writeOnnx(builder.finish(), 'test')) as unknown as {
      irVersion: number
      opsetImport: object[]
      graph: {
        name: string
        node: Record<string, unknown>[]
        initializer: Record<string, unknown>[]
        input: object[]
        output: object[]
      }
    }
    expect(model.irVersion).toBe(8)
    expect(model.opsetImport).toEqual([
      // The standard's domain is the empty string, which reads as no field.
      { version: 18 },
      { domain: 'com.microsoft', version: 1 },
    ])
    const { graph } = model
    expect(graph.name).toBe('test')
    expect(graph.input).toEqual([
      {
        name: 'in/x',
        type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }, { dimValue: 3 }] } } },
      },
    ])
    expect(graph.output).toEqual([{ name: 'out', type: { tensorType: { elemType: 6, shape: {} } } }])
    expect(graph.node.map(node => [node.opType, node.domain ?? ''])).toEqual([
      ['Add', ''],
      ['Made', 'com.microsoft'],
    ])
    const [add, last] = graph.node as { input: string[]; output: string[]; attribute?: object[] }[]
    expect(add!.input[0]).toBe('in/x')
    expect(last!.input).toEqual([add!.output[0], '', expect.any(String)])
    expect(last!.output).toEqual(['out'])
    const letters = [...'add'].map(letter => letter.charCodeAt(0))
    expect(last!.attribute).toEqual([
      { name: 'a', i: -3, type: 2 },
      { name: 'b', f: 0.5, type: 1 },
      { name: 'c', s: letters, type: 3 },
      { name: 'd', ints: [0, -1], type: 7 },
    ])
    expect(graph.initializer).toContainEqual({
      dims: [3],
      dataType: 1,
      name: add!.input[1],
      rawData: [...new Uint8Array(Float32Array.of(1.5, -2, 0).buffer)],
    })
    expect(graph.initializer).toContainEqual({
      dims: [2],
      dataType: 7,
      name: last!.input[2],
      rawData: [...new Uint8Array(BigInt64Array.of(-1n, 5n).buffer)],
    })
  })

  it('leaves out optional outputs that nothing needs, and takes the opset of the newest operation', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'float32', [1, 2, 4])
    const p = { type: 'float32', shape: [1, 2, 2, 2] } as const
    const outputs = builder.nodeWithOutputs('Attention', [x, x, x], [x, p, p, p])
    builder.output('read', outputs[0]!)
    builder.output('p', outputs[3]!)
    const parts = builder.nodeWithOutputs('Split', [x, builder.ints([1, 1])], [x, x], {
      attributes: { axis: { int: 1 } },
    })
    builder.output('first', parts[0]!)
    const model = read(writeOnnx(builder.finish())) as unknown as {
      irVersion: number
      opsetImport: object[]
      graph: { node: { opType: string; output: string[] }[] }
    }
    expect(model.irVersion).toBe(11)
    expect(model.opsetImport).toEqual([{ version: 23 }])
    const [attention, split] = model.graph.node
    expect(attention!.output).toEqual(['read', '', '', 'p'])
    // Those of a split are not optional.
    expect(split!.output).toEqual(['first', expect.stringMatching(/^v\d+$/)])
  })

  it('names axes that can have any size', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'float32', [1, 2])
    builder.output('y', builder.node('Neg', [x], x))
    const { inputs, outputs, nodes } = builder.finish()
    const named = (side: typeof inputs, axes: (number | string)[]) => side.map(port => ({ ...port, axes }))
    const graph = { nodes, inputs: named(inputs, ['rows', 2]), outputs: named(outputs, ['rows', 'any']) }
    const written = read(writeOnnx(graph)) as unknown as {
      graph: Record<'input' | 'output', { type: { tensorType: { shape: { dim: object[] } } } }[]>
    }
    const dims = (side: 'input' | 'output') => written.graph[side][0]!.type.tensorType.shape.dim
    expect(dims('input')).toEqual([{ dimParam: 'rows' }, { dimValue: 2 }])
    expect(dims('output')).toEqual([{ dimParam: 'rows' }, { dimParam: 'any' }])
  })

  it('gives each output a node of its own, also where outputs are one value, an input or a constant', () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'float32', [1])
    const y = builder.node('Neg', [x], x)
    for (const [name, value] of Object.entries({ a: y, b: y, c: x, d: builder.scalar(1) }))
      builder.output(name, value)
    const { nodes, outputs } = builder.finish()
    expect(nodes.map(node => node.op)).toEqual(['Neg', 'Identity', 'Identity', 'Identity'])
    expect(new Set(outputs.map(({ value }) => value)).size).toBe(4)
  })
})
