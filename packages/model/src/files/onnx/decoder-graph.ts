import { attentionOf, type GptConfig, sizesOf } from '../../config.ts'
import { ModelFileError } from '../../errors/index.ts'
import { angleArrays } from '../../ops/rotary.ts'
import { parameterShapes } from '../../parameters.ts'
import { asTransformersModel } from '../transformers-model.ts'
import { GraphMaker, type OnnxGraph, type OnnxValue } from './graph-maker.ts'

type Arrays = Readonly<Record<string, Float32Array>>

/** Added to the scores of what a query does not see. */
const HIDDEN = -1e9
/** GELU in its tanh form is `x sigmoid(x (LINEAR + CUBIC x^2))`. */
const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715 * LINEAR

/** Most bytes of weights: a file of ONNX, a message of protobuf, ends at 2 GiB. */
const MOST_BYTES = 2 ** 31 - 2 ** 20

/**
 * A model as one ONNX graph (opset 18) of the layout that transformers.js and Optimum run: any number of texts, of any length
 * within the context, with and without a past.
 *
 * - `input_ids`, `position_ids` int64 `[batch_size, sequence_length]`
 * - `attention_mask` int64 `[batch_size, total_sequence_length]`: 0 for padding, which is on the left
 * - `past_key_values.N.key`, `.value` float32 `[batch_size, keyValueHeads, past_sequence_length, headSize]`
 * - `logits` float32 `[batch_size, sequence_length, vocabSize]`
 * - `present.N.key`, `.value`: the next past
 *
 * @throws ModelFileError `not-exportable` for a model that transformers has no class for, `too-large`
 */
export function decoderGraph(model: { config: GptConfig; parameters: Arrays }): OnnxGraph {
  const { config, parameters } = asTransformersModel(model, 'onnx')
  const bytes = Object.values(parameters).reduce((sum, { byteLength }) => sum + byteLength, 0)
  if (bytes > MOST_BYTES) throw new ModelFileError('too-large', { bytes, limit: MOST_BYTES, format: 'onnx' })
  return new DecoderMaker(config, parameters).graph
}

class DecoderMaker {
  readonly graph = new GraphMaker()
  readonly #config: GptConfig
  readonly #arrays: Arrays
  readonly #shapes: Record<string, readonly number[]>
  /** What is added to the scores, by the window. */
  readonly #masks = new Map<number, OnnxValue>()
  /** Cosine and sine `[B, 1, S, headSize / 2]`. */
  #angles: [OnnxValue, OnnxValue] | undefined

  constructor(config: GptConfig, arrays: Arrays) {
    this.#config = config
    this.#arrays = arrays
    this.#shapes = parameterShapes(config)
    const { graph } = this
    const { layers, vocabSize } = config
    const { headSize, keyValueHeads } = sizesOf(config)
    const ids = graph.input('input_ids', 'int64', ['batch_size', 'sequence_length'])
    const mask = graph.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length'])
    const positions = graph.input('position_ids', 'int64', ['batch_size', 'sequence_length'])
    const cacheAxes = (length: string) => ['batch_size', keyValueHeads, length, headSize]
    const pasts = Array.from({ length: layers }, (_, layer) =>
      ['key', 'value'].map(kind =>
        graph.input(`past_key_values.${layer}.${kind}`, 'float32', cacheAxes('past_sequence_length')),
      ),
    )
    if (config.rotary) this.#angles = this.#anglesAt(positions)
    const table = this.#parameter('embedding.token')
    let x = graph.op('Gather', [table, ids])
    if (!config.rotary)
      x = graph.op('Add', [x, graph.op('Gather', [this.#parameter('embedding.position'), positions])])
    const presents: OnnxValue[][] = []
    for (let layer = 0; layer < layers; layer++) {
      const { output, present } = this.#attention(layer, this.#norm(`layers.${layer}.attention.norm`, x), {
        past: pasts[layer] as [OnnxValue, OnnxValue],
        hidden: () => this.#hidden(layer, ids, mask),
      })
      presents.push(present)
      x = graph.op('Add', [x, output])
      x = graph.op('Add', [x, this.#mlp(layer, this.#norm(`layers.${layer}.mlp.norm`, x))])
    }
    const head = config.tiedHead ? table : this.#parameter('head.weight')
    const logits = graph.op('MatMul', [this.#norm('finalNorm', x), graph.transpose(head, [1, 0])])
    graph.output('logits', logits, ['batch_size', 'sequence_length', vocabSize])
    for (const [layer, present] of presents.entries())
      for (const [i, kind] of ['key', 'value'].entries())
        graph.output(`present.${layer}.${kind}`, present[i]!, cacheAxes('total_sequence_length'))
  }

  #parameter(name: string): OnnxValue {
    return this.graph.floats(this.#arrays[name]!, this.#shapes[name]!)
  }

  #linear(name: string, x: OnnxValue): OnnxValue {
    const product = this.graph.op('MatMul', [x, this.#parameter(`${name}.weight`)])
    const bias = `${name}.bias`
    return bias in this.#shapes ? this.graph.op('Add', [product, this.#parameter(bias)]) : product
  }

  #norm(name: string, x: OnnxValue): OnnxValue {
    const { layerNormEpsilon: epsilon } = this.#config
    const scale = this.#parameter(`${name}.scale`)
    if (!(`${name}.bias` in this.#shapes)) return this.#rmsNorm(x, scale)
    const inputs = [x, scale, this.#parameter(`${name}.bias`)]
    return this.graph.op('LayerNormalization', inputs, { axis: { int: -1 }, epsilon: { float: epsilon } })
  }

  #rmsNorm(x: OnnxValue, scale: OnnxValue): OnnxValue {
    const { graph } = this
    const squares = graph.op('ReduceMean', [graph.op('Mul', [x, x]), graph.ints([-1])])
    const root = graph.op('Sqrt', [graph.op('Add', [squares, graph.scalar(this.#config.layerNormEpsilon)])])
    return graph.op('Mul', [graph.op('Div', [x, root]), scale])
  }

  #attention(
    layer: number,
    x: OnnxValue,
    { past, hidden }: { past: [OnnxValue, OnnxValue]; hidden: () => OnnxValue },
  ): { output: OnnxValue; present: [OnnxValue, OnnxValue] } {
    const { graph } = this
    const { hiddenSize, heads, queryKeyNorm } = this.#config
    const { headSize, keyValueHeads, keyValueSize } = sizesOf(this.#config)
    const name = `layers.${layer}.attention`
    const sizes = graph.ints([hiddenSize, keyValueSize, keyValueSize])
    const qkv = this.#linear(`${name}.qkv`, x)
    const parts = graph.ops(3, 'Split', [qkv, sizes], { axis: { int: -1 } })
    // [B, heads, S, headSize]
    let [q, k, v] = parts.map((part, i) =>
      graph.transpose(graph.reshape(part, [0, 0, i === 0 ? heads : keyValueHeads, headSize]), [0, 2, 1, 3]),
    ) as [OnnxValue, OnnxValue, OnnxValue]
    if (queryKeyNorm) {
      q = this.#rmsNorm(q, this.#parameter(`${name}.queryNorm.scale`))
      k = this.#rmsNorm(k, this.#parameter(`${name}.keyNorm.scale`))
    }
    if (this.#angles) [q, k] = [this.#rotate(q), this.#rotate(k)]
    const axis = { axis: { int: 2 } }
    const keys = graph.op('Concat', [past[0], k], axis)
    const values = graph.op('Concat', [past[1], v], axis)
    // A group of queries for each head of keys: [B, keyValueHeads, heads / keyValueHeads, S, headSize].
    const groups = heads / keyValueHeads
    const grouped = graph.reshape(q, [0, keyValueHeads, groups, -1, headSize])
    const [of, read] = [graph.transpose(keys, [0, 1, 3, 2]), values].map(each =>
      graph.op('Unsqueeze', [each, graph.ints([2])]),
    ) as [OnnxValue, OnnxValue]
    const { scale } = attentionOf(this.#config, layer)
    const products = graph.op('MatMul', [grouped, of])
    const scores = scale === 1 ? products : graph.op('Mul', [products, graph.scalar(scale)])
    const weights = graph.op('Softmax', [graph.op('Add', [scores, hidden()])], { axis: { int: -1 } })
    const attended = graph.reshape(graph.op('MatMul', [weights, read]), [0, heads, -1, headSize])
    const joined = graph.reshape(graph.transpose(attended, [0, 2, 1, 3]), [0, 0, hiddenSize])
    return { output: this.#linear(`${name}.output`, joined), present: [keys, values] }
  }

  #mlp(layer: number, x: OnnxValue): OnnxValue {
    const { graph } = this
    const name = `layers.${layer}.mlp`
    const up = this.#linear(`${name}.up`, x)
    const { mlpSize, activation = 'gelu' } = this.#config
    if (activation === 'swiglu') {
      const sizes = graph.ints([mlpSize, mlpSize])
      const [gate, raised] = graph.ops(2, 'Split', [up, sizes], { axis: { int: -1 } }) as [
        OnnxValue,
        OnnxValue,
      ]
      const silu = graph.op('Mul', [gate, graph.op('Sigmoid', [gate])])
      return this.#linear(`${name}.down`, graph.op('Mul', [silu, raised]))
    }
    const cubic = graph.op('Mul', [graph.op('Mul', [up, up]), graph.scalar(CUBIC)])
    const slope = graph.op('Add', [cubic, graph.scalar(LINEAR)])
    const gate = graph.op('Sigmoid', [graph.op('Mul', [up, slope])])
    return this.#linear(`${name}.down`, graph.op('Mul', [up, gate]))
  }

  #anglesAt(positions: OnnxValue): [OnnxValue, OnnxValue] {
    const { contextLength } = this.#config
    const { cos, sin } = angleArrays(this.#config, contextLength)
    return [cos, sin].map(table => {
      const rows = this.graph.floats(table, [contextLength, table.length / contextLength])
      const at = this.graph.op('Gather', [rows, positions])
      return this.graph.op('Unsqueeze', [at, this.graph.ints([1])])
    }) as [OnnxValue, OnnxValue]
  }

  /** The first half of a head's channels turns with the second. */
  #rotate(x: OnnxValue): OnnxValue {
    const { graph } = this
    const [cos, sin] = this.#angles!
    const half = sizesOf(this.#config).headSize / 2
    const axis = { axis: { int: -1 } }
    const [first, second] = graph.ops(2, 'Split', [x, graph.ints([half, half])], axis) as [
      OnnxValue,
      OnnxValue,
    ]
    const times = (a: OnnxValue, b: OnnxValue): OnnxValue => graph.op('Mul', [a, b])
    const turned = [
      graph.op('Sub', [times(first, cos), times(second, sin)]),
      graph.op('Add', [times(second, cos), times(first, sin)]),
    ]
    return graph.op('Concat', turned, axis)
  }

  /** {@link HIDDEN} for later tokens, those before the window, and padding; `[B, 1, 1, S, T]`. */
  #hidden(layer: number, ids: OnnxValue, attentionMask: OnnxValue): OnnxValue {
    const { contextLength } = this.#config
    const window = Math.min(attentionOf(this.#config, layer).window, contextLength)
    const known = this.#masks.get(window)
    if (known) return known
    const { graph } = this
    const lengthOf = (x: OnnxValue): OnnxValue => graph.op('Gather', [graph.op('Shape', [x]), graph.ints(1)])
    const total = lengthOf(attentionMask)
    const [zero, one] = [graph.ints(0), graph.ints(1)]
    const keys = graph.op('Range', [zero, total, one])
    const queries = graph.op('Range', [graph.op('Sub', [total, lengthOf(ids)]), total, one])
    // How many tokens before its query a key stands: [S, T].
    const age = graph.op('Sub', [graph.op('Unsqueeze', [queries, graph.ints([1])]), keys])
    const notLater = graph.op('GreaterOrEqual', [age, zero])
    const seen =
      window < contextLength
        ? graph.op('And', [notLater, graph.op('Less', [age, graph.ints(window)])])
        : notLater
    const real = graph.op('Unsqueeze', [graph.op('Greater', [attentionMask, zero]), graph.ints([1, 2, 3])])
    const visible = graph.op('And', [seen, real])
    const added = graph.op('Where', [visible, graph.scalar(0), graph.scalar(HIDDEN)])
    this.#masks.set(window, added)
    return added
  }
}
