import { type DerivedSizes, type GptConfig, sizesOf } from '../config.ts'
import type { BeamCandidates } from '../generation/beams.ts'
import type { SampledToken, SamplingOptions } from '../generation/sample-token.ts'
import { BIGRAM_FACTOR } from '../ops/embedding.ts'
import { type Arrays, foldWeights } from './fold-weights.ts'
import { type Arena, instantiateKernels, type Kernels, padded } from './kernels.ts'
import type { WasmLinear, WeightType } from './wasm-linear.ts'
import { WasmSampler } from './wasm-sampler.ts'
import { valueSize, type WasmLayer, type WasmTable, type WasmWeights, writeWeights } from './wasm-weights.ts'

/** Tokens of a text to be read, after which others are to be generated. */
export interface DecodeText {
  /** The text's cache: any whole number, small ones first. */
  slot: number
  /** How many tokens of the text the cache holds. */
  position: number
  /** The tokens after them, at least one. */
  ids: readonly number[]
  /** What each new token is drawn with, in [0, 1); greedy generation needs none. */
  uniforms?: readonly number[]
  /** Tokens that a repetition penalty is for. */
  penalized?: readonly number[]
  /** How its next tokens are chosen. */
  sampling?: SamplingOptions
}

/** A text, and tokens whose log-probabilities are wanted. */
export interface ScoreText {
  /** The cache to use, whose content is replaced. */
  slot: number
  ids: readonly number[]
  /** Index of the first token in `ids` that is to be read; the tokens before it are in the cache already. */
  from: number
  /** Token `id` at `position`, from 1 to the length of the text, in rising order of positions. */
  queries: readonly { position: number; id: number }[]
}

/** Tokens that go through the layers together, and for which there is room. */
const ROWS = 64

/** A model in the memory of the kernels: reads and generates texts token by token, each with a cache of its own. */
export class Decoder {
  readonly config: GptConfig
  readonly #kernels: Kernels
  readonly #memory: Arena
  readonly #weights: WasmWeights
  readonly #sampler: WasmSampler
  readonly #sizes: DerivedSizes
  /** Where the keys and values of each slot begin. */
  readonly #caches: number[] = []
  /** The tokens that each slot holds. */
  readonly #ids: Int32Array[] = []
  /** Tokens that a cache holds. */
  readonly #capacity: number
  /** Bytes of the keys and of the values of one layer. */
  readonly #keyBytes: number
  readonly #valueBytes: number
  /** Where the numbers of up to {@link ROWS} tokens lie. */
  readonly #rows: Record<'residual' | 'normal' | 'qkv' | 'attended' | 'hidden' | 'values' | 'logits', number>
  readonly #scores: number
  /** Room for the rounded inputs of a linear map in int8. */
  readonly #rounded: number

  /** @param folded of `foldWeights` */
  constructor(config: GptConfig, folded: Arrays, weights: WeightType, kernels: Kernels, memory: Arena) {
    const { hiddenSize, heads, vocabSize, contextLength } = config
    this.config = config
    this.#sizes = sizesOf(config)
    const { keyValueHeads, keyValueSize } = this.#sizes
    this.#kernels = kernels
    this.#memory = memory
    this.#weights = writeWeights(memory, config, folded, weights)
    this.#capacity = Math.ceil(contextLength / 8) * 8
    this.#keyBytes = 4 * this.#capacity * keyValueSize
    this.#valueBytes = 4 * this.#capacity * valueSize(config, keyValueHeads)
    const rowsOf = (size: number): number => memory.reserve(ROWS * padded(size))
    this.#rows = {
      residual: rowsOf(hiddenSize),
      normal: rowsOf(hiddenSize),
      qkv: rowsOf(this.#sizes.qkvSize),
      attended: rowsOf(valueSize(config, heads)),
      hidden: rowsOf(this.#weights.layers[0]!.up.outputs),
      values: rowsOf(keyValueSize),
      logits: rowsOf(vocabSize),
    }
    const widest = Math.max(
      ...this.#weights.layers.flatMap(layer => [
        layer.qkv.stride,
        layer.attentionOutput.stride,
        layer.down.stride,
      ]),
    )
    this.#rounded = weights === 'int8' ? memory.reserve(ROWS * (widest / 2 + 1)) : 0
    this.#scores = memory.reserve(heads * (this.#capacity + 8))
    this.#sampler = new WasmSampler(kernels, memory, vocabSize)
  }

  /** @param parameters as arrays; they are copied */
  static async create(
    config: GptConfig,
    parameters: Arrays,
    weights: WeightType = 'float32',
  ): Promise<Decoder> {
    const { kernels, memory } = await instantiateKernels()
    return new Decoder(config, foldWeights(config, parameters), weights, kernels, memory)
  }

  /**
   * Reads what is new of each text and generates its next tokens; the last of them is not read yet. A text does not depend
   * on the others.
   *
   * @param count tokens to generate of each text
   * @returns them, text by text
   * @throws GenerationError `not-finite`, or `out-of-memory` for another cache
   */
  next(texts: readonly DecodeText[], count: number): SampledToken[][] {
    for (const { slot } of texts) this.#makeCache(slot)
    const generated = texts.map((): SampledToken[] => [])
    let unread = texts
    for (let i = 0; i < count; i++) {
      const tokens = this.#nextOfEach(unread, i)
      for (const [text, token] of tokens.entries()) generated[text]!.push(token)
      unread = unread.map(({ slot, position, ids, uniforms, penalized, sampling }, text) => {
        const { id } = tokens[text]!
        return {
          slot,
          position: position + ids.length,
          ids: [id],
          ...(uniforms && { uniforms }),
          ...(penalized && { penalized: [...penalized, id] }),
          ...(sampling && { sampling }),
        }
      })
    }
    return generated
  }

  /**
   * Reads what is new of each text and gives what may come next.
   *
   * @param count candidates for each text
   * @throws GenerationError `not-finite`, or `out-of-memory` for another cache
   */
  candidates(
    texts: readonly (DecodeText & { wanted: readonly number[] })[],
    count: number,
  ): BeamCandidates[] {
    for (const { slot } of texts) this.#makeCache(slot)
    const found: BeamCandidates[] = []
    for (const rows of inRows(texts)) {
      this.#read(rows)
      const ends = rows.flatMap(({ text, last }, row) => (last ? [{ text, row }] : []))
      const logits = this.#logits(ends.map(({ row }) => row))
      for (const [i, { text }] of ends.entries()) {
        const at = logits + i * 4 * this.#weights.head.outputs
        found[text] = this.#sampler.candidates(at, count, texts[text]!.wanted)
      }
    }
    return found
  }

  /** Copies the first tokens of a cache into another one. */
  copyCache(from: number, to: number, length: number): void {
    this.#makeCache(to)
    this.#ids[to]!.set(this.#ids[from]!.subarray(0, length))
    const share = Math.ceil(length / 8) / (this.#capacity / 8)
    for (let layer = 0; layer < this.config.layers; layer++) {
      const offset = layer * (this.#keyBytes + this.#valueBytes)
      for (const [start, bytes] of [
        [offset, this.#keyBytes],
        [offset + this.#keyBytes, this.#valueBytes],
      ] as const) {
        this.#memory.copy(this.#caches[from]! + start, this.#caches[to]! + start, bytes * share)
      }
    }
  }

  /**
   * Log-probabilities of tokens, each given those before it.
   *
   * @returns one for each query
   * @throws GenerationError `not-finite`, or `out-of-memory` for another cache
   */
  score({ slot, ids, from, queries }: ScoreText): Float64Array {
    this.#makeCache(slot)
    const result = new Float64Array(queries.length)
    const first = queries.findIndex(({ position }) => position > from)
    let query = first < 0 ? queries.length : first
    for (const rows of inRows([{ slot, position: from, ids: ids.slice(from) }])) {
      this.#read(rows)
      const [start, end] = [rows[0]!.position + 1, rows.at(-1)!.position + 1]
      const wanted: number[] = []
      const begin = query
      for (; query < queries.length && queries[query]!.position <= end; query++) {
        const row = queries[query]!.position - start
        if (wanted.at(-1) !== row) wanted.push(row)
      }
      const logits = this.#logits(wanted)
      const stride = 4 * this.#weights.head.outputs
      for (let i = begin, row = 0; i < query; i++) {
        if (queries[i]!.position - start !== wanted[row]) row++
        result[i] = this.#sampler.logProbability(logits + row * stride, queries[i]!.id)
      }
    }
    return result
  }

  /** @param which of the tokens to be generated they are */
  #nextOfEach(texts: readonly DecodeText[], which: number): SampledToken[] {
    const chosen = texts.map((): SampledToken | undefined => undefined)
    for (const rows of inRows(texts)) {
      this.#read(rows)
      const ends = rows.flatMap(({ text, last }, row) => (last ? [{ text, row }] : []))
      const logits = this.#logits(ends.map(({ row }) => row))
      for (const [i, { text }] of ends.entries()) {
        const { uniforms, penalized, sampling = {} } = texts[text]!
        chosen[text] = this.#sampler.sample(logits + i * 4 * this.#weights.head.outputs, sampling, {
          uniform: uniforms?.[which],
          penalized,
        })
      }
    }
    return chosen as SampledToken[]
  }

  /** Takes tokens through all layers; keys and values go into the caches. */
  #read(rows: Row[]): void {
    const { hiddenSize, layerNormEpsilon } = this.config
    const { normalize } = this.#kernels
    const { residual, normal, qkv, attended, hidden } = this.#rows
    const stride = padded(hiddenSize)
    const count = rows.length
    for (const [i, row] of rows.entries()) this.#embed(row, residual + 4 * stride * i)
    for (const [l, layer] of this.#weights.layers.entries()) {
      normalize(residual, normal, count, hiddenSize, stride, layerNormEpsilon)
      this.#linear(layer.qkv, normal, qkv, count)
      for (const [i, row] of rows.entries()) this.#attend(l, layer, row, i)
      this.#linear(layer.attentionOutput, attended, residual, count, true)
      normalize(residual, normal, count, hiddenSize, stride, layerNormEpsilon)
      this.#linear(layer.up, normal, hidden, count)
      this.#activate(hidden, count, layer.up.outputs)
      this.#linear(layer.down, hidden, residual, count, true)
    }
  }

  #embed({ slot, id, position }: Row, to: number): void {
    const { tokens, positions, bigrams } = this.#weights
    const bytes = padded(this.config.hiddenSize)
    this.#kernels.embed(rowOf(tokens, id), rowOf(positions, position), to, bytes)
    const ids = this.#ids[slot]!
    ids[position] = id
    if (!bigrams) return
    const before = position === 0 ? this.config.vocabSize : ids[position - 1]!
    const bigram = (before * BIGRAM_FACTOR + id) % this.config.bigramRows!
    this.#kernels.embed(to, rowOf(bigrams, bigram), to, bytes)
  }

  /** Attention of row `i` of those that go through the layers together. */
  #attend(l: number, layer: WasmLayer, { slot, id, position }: Row, i: number): void {
    const { normalizeHeads, rotate, mix, attend } = this.#kernels
    const { heads, hiddenSize, layerNormEpsilon, sharedValues } = this.config
    const { headSize, keyValueHeads, keyValueSize } = this.#sizes
    const { angles, values } = this.#weights
    const query = this.#rows.qkv + 4 * layer.qkv.outputs * i
    const key = query + 4 * hiddenSize
    const value = key + 4 * keyValueSize
    if (layer.queryNorm !== undefined && layer.keyNorm !== undefined) {
      normalizeHeads(query, layer.queryNorm, heads, headSize, layerNormEpsilon)
      normalizeHeads(key, layer.keyNorm, keyValueHeads, headSize, layerNormEpsilon)
    }
    if (angles) {
      const [cos, sin] = [rowOf(angles.cos, position), rowOf(angles.sin, position)]
      // Keys follow on queries.
      rotate(query, cos, sin, heads + keyValueHeads, headSize, angles.pairs)
    }
    const first = this.#rows.values + 4 * padded(keyValueSize) * i
    if (layer.valueMix) {
      const [own, shared] = layer.valueMix
      mix(value, values ? rowOf(values, id) : first, keyValueSize, own, shared)
    } else if (sharedValues === 'residual') this.#memory.copy(value, first, 4 * keyValueSize)
    const keys = this.#caches[slot]! + l * (this.#keyBytes + this.#valueBytes)
    const read = this.#rows.attended + 4 * layer.attentionOutput.stride * i
    attend(
      query,
      keys,
      keys + this.#keyBytes,
      this.#scores,
      read,
      heads,
      keyValueHeads,
      headSize,
      position,
      layer.window,
    )
  }

  #activate(hidden: number, rows: number, outputs: number): void {
    const { gelu, relu2, swiglu } = this.#kernels
    const { activation } = this.config
    if (activation === 'swiglu') swiglu(hidden, rows, outputs / 2)
    else if (activation === 'relu2') relu2(hidden, rows * outputs)
    else gelu(hidden, rows * outputs)
  }

  /** Logits after some of the rows just read. @returns where they lie, row after row */
  #logits(rows: number[]): number {
    const { hiddenSize, layerNormEpsilon } = this.config
    const { residual, normal, logits } = this.#rows
    const stride = padded(hiddenSize)
    for (const [i, row] of rows.entries()) {
      const [from, to] = [residual + 4 * stride * row, normal + 4 * stride * i]
      this.#kernels.normalize(from, to, 1, hiddenSize, stride, layerNormEpsilon)
    }
    this.#linear(this.#weights.head, normal, logits, rows.length)
    const { logitCap } = this.config
    if (logitCap !== undefined)
      this.#kernels.capped(logits, rows.length * this.#weights.head.outputs, logitCap)
    return logits
  }

  #linear(
    { weight, scales, bias, inputs, stride, outputs }: WasmLinear,
    x: number,
    y: number,
    rows: number,
    add = false,
  ): void {
    const { linear, linearInt8 } = this.#kernels
    const sum = add ? 1 : 0
    if (scales === undefined) linear(x, weight, bias, y, rows, inputs, stride, outputs, sum)
    else linearInt8(x, weight, scales, bias, y, rows, inputs, stride, outputs, sum, this.#rounded)
  }

  #makeCache(slot: number): void {
    const bytes = this.config.layers * (this.#keyBytes + this.#valueBytes)
    this.#caches[slot] ??= this.#memory.reserve(bytes / 4)
    this.#ids[slot] ??= new Int32Array(this.config.contextLength)
  }
}

function rowOf({ start, rowBytes }: WasmTable, row: number): number {
  return start + row * rowBytes
}

/** A token on its way through the layers. */
interface Row {
  /** Index of its text. */
  text: number
  slot: number
  id: number
  position: number
  /** Whether the text's next token comes after it. */
  last: boolean
}

/** All tokens of all texts, at most {@link ROWS} together. Those of a text come in their order. */
function* inRows(texts: readonly DecodeText[]): Generator<Row[]> {
  let rows: Row[] = []
  for (const [text, { slot, position, ids }] of texts.entries()) {
    for (const [i, id] of ids.entries()) {
      rows.push({ text, slot, id, position: position + i, last: i === ids.length - 1 })
      if (rows.length < ROWS) continue
      yield rows
      rows = []
    }
  }
  if (rows.length > 0) yield rows
}
