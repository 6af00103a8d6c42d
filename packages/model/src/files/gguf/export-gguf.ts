import { attentionOf, type GptConfig, sizesOf } from '../../config.ts'
import { ModelFileError } from '../../errors/index.ts'
import { encodeGguf, type GgufTensor, type GgufValue } from './encode-gguf.ts'

type Arrays = Readonly<Record<string, Float32Array>>

/** What {@link exportGguf} writes. */
export interface GgufModel {
  config: GptConfig
  parameters: Arrays
}

/**
 * A model as GGUF for llama.cpp and what builds on it, float32. A model with learned positions becomes its `gpt2`, one with
 * rotary positions, RMSNorm and SwiGLU its `llama`. Where the scores are not divided by the root of the head size, as in
 * GPT-Neo, the queries' weights are multiplied by it. llama.cpp has no windows in these architectures: a model with local
 * attention gets the smallest window as its context, within which it is exact.
 *
 * @param vocabulary further metadata, `tokenizer.ggml.*`
 * @throws ModelFileError `not-exportable`, which names what llama.cpp has no place for
 */
export function exportGguf(
  { config, parameters }: GgufModel,
  vocabulary: Readonly<Record<string, GgufValue>> = {},
): Uint8Array<ArrayBuffer> {
  checkGguf(config)
  const kind = config.rotary ? 'llama' : 'gpt2'
  const context = ggufContext(config)
  const { headSize, keyValueHeads } = sizesOf(config)
  const key = (name: string): string => `${kind}.${name}`
  const metadata: Record<string, GgufValue> = {
    'general.architecture': { string: kind },
    'general.file_type': { uint32: 0 },
    [key('context_length')]: { uint32: context },
    [key('embedding_length')]: { uint32: config.hiddenSize },
    [key('feed_forward_length')]: { uint32: config.mlpSize },
    [key('block_count')]: { uint32: config.layers },
    [key('attention.head_count')]: { uint32: config.heads },
    [key('attention.head_count_kv')]: { uint32: keyValueHeads },
    [key(config.rotary ? 'attention.layer_norm_rms_epsilon' : 'attention.layer_norm_epsilon')]: {
      float32: config.layerNormEpsilon,
    },
    ...(config.rotary && {
      [key('rope.dimension_count')]: { uint32: headSize },
      [key('rope.freq_base')]: { float32: config.rotary.base },
      [key('vocab_size')]: { uint32: config.vocabSize },
    }),
    ...vocabulary,
  }
  return encodeGguf(
    metadata,
    config.rotary ? llamaTensors(config, parameters) : gpt2Tensors(config, parameters, context),
  )
}

/** Refuses what {@link exportGguf} cannot write. @throws ModelFileError `not-exportable` */
export function checkGguf(config: GptConfig): void {
  const parts = partsWithoutPlace(config)
  if (parts.length > 0) throw new ModelFileError('not-exportable', { parts, format: 'gguf' })
}

/** Most tokens for which llama.cpp computes what the model does: the smallest window of its layers. */
export function ggufContext(config: GptConfig): number {
  const windows = config.attention.map((_, layer) => attentionOf(config, layer).window)
  return Math.min(config.contextLength, ...windows)
}

function partsWithoutPlace(config: GptConfig): string[] {
  const { rotary, norm = 'layer', activation = 'gelu', bias } = config
  const { headSize } = sizesOf(config)
  const parts: string[] = []
  const check = (isThere: boolean, part: string): void => {
    if (isThere) parts.push(part)
  }
  if (rotary) {
    check(norm !== 'rms', 'rotary positions with LayerNorm')
    check(activation !== 'swiglu', `rotary positions with the activation ${activation}`)
    check((rotary.channels ?? headSize) !== headSize, 'rotary positions of a part of the channels')
    check(bias.qkv || bias.attentionOutput || bias.mlp, 'rotary positions with biases')
  } else {
    check(norm !== 'layer', 'learned positions with RMSNorm')
    check(activation !== 'gelu', `learned positions with the activation ${activation}`)
    check(sizesOf(config).keyValueHeads !== config.heads, 'learned positions with grouped queries')
  }
  check(config.queryKeyNorm === true, 'norms of queries and keys')
  check(config.sharedValues !== undefined, 'shared values')
  check(config.bigramRows !== undefined, 'embeddings of bigrams')
  check(config.logitCap !== undefined, 'capped logits')
  return parts
}

/** What the queries are multiplied by, since llama.cpp always divides the scores by the root of the head size. */
function queryFactor(config: GptConfig): number {
  return attentionOf(config, 0).scale * Math.sqrt(sizesOf(config).headSize)
}

function gpt2Tensors(config: GptConfig, arrays: Arrays, context: number): Record<string, GgufTensor> {
  const { hiddenSize: width, mlpSize, vocabSize, layers, tiedHead } = config
  const tensors: Record<string, GgufTensor> = {}
  const vector = (name: string, values: Float32Array): void => {
    tensors[name] = { shape: [values.length], values }
  }
  const norm = (name: string, from: string): void => {
    vector(`${name}.weight`, arrays[`${from}.scale`]!)
    vector(`${name}.bias`, arrays[`${from}.bias`]!)
  }
  const linear = (name: string, from: string, inputs: number, outputs: number): void => {
    tensors[`${name}.weight`] = {
      shape: [outputs, inputs],
      values: transposed(arrays[`${from}.weight`]!, inputs, outputs),
    }
    // Its gpt2 has all biases.
    vector(`${name}.bias`, arrays[`${from}.bias`]?.slice() ?? new Float32Array(outputs))
  }
  tensors['token_embd.weight'] = { shape: [vocabSize, width], values: arrays['embedding.token']! }
  const positions = arrays['embedding.position']!.subarray(0, context * width)
  tensors['position_embd.weight'] = { shape: [context, width], values: positions }
  for (let layer = 0; layer < layers; layer++) {
    const [to, from] = [`blk.${layer}`, `layers.${layer}`]
    norm(`${to}.attn_norm`, `${from}.attention.norm`)
    linear(`${to}.attn_qkv`, `${from}.attention.qkv`, width, 3 * width)
    const factor = queryFactor(config)
    scale(tensors[`${to}.attn_qkv.weight`]!.values.subarray(0, width * width), factor)
    scale(tensors[`${to}.attn_qkv.bias`]!.values.subarray(0, width), factor)
    linear(`${to}.attn_output`, `${from}.attention.output`, width, width)
    norm(`${to}.ffn_norm`, `${from}.mlp.norm`)
    linear(`${to}.ffn_up`, `${from}.mlp.up`, width, mlpSize)
    linear(`${to}.ffn_down`, `${from}.mlp.down`, mlpSize, width)
  }
  norm('output_norm', 'finalNorm')
  if (!tiedHead) tensors['output.weight'] = { shape: [vocabSize, width], values: arrays['head.weight']! }
  return tensors
}

function llamaTensors(config: GptConfig, arrays: Arrays): Record<string, GgufTensor> {
  const { hiddenSize: width, mlpSize, layers, tiedHead } = config
  const { headSize, keyValueSize, qkvSize, upSize } = sizesOf(config)
  const tensors: Record<string, GgufTensor> = {}
  const matrix = (name: string, values: Float32Array, inputs: number): void => {
    tensors[`${name}.weight`] = { shape: [values.length / inputs, inputs], values }
  }
  const norm = (name: string, from: string): void => {
    tensors[`${name}.weight`] = { shape: [width], values: arrays[`${from}.scale`]! }
  }
  matrix('token_embd', arrays['embedding.token']!, width)
  for (let layer = 0; layer < layers; layer++) {
    const [to, from] = [`blk.${layer}`, `layers.${layer}`]
    norm(`${to}.attn_norm`, `${from}.attention.norm`)
    const qkv = transposed(arrays[`${from}.attention.qkv.weight`]!, width, qkvSize)
    const rows = (first: number, count: number): Float32Array =>
      qkv.slice(first * width, (first + count) * width)
    const queries = interleaved(rows(0, width), headSize, width)
    scale(queries, queryFactor(config))
    matrix(`${to}.attn_q`, queries, width)
    matrix(`${to}.attn_k`, interleaved(rows(width, keyValueSize), headSize, width), width)
    matrix(`${to}.attn_v`, rows(width + keyValueSize, keyValueSize), width)
    const output = arrays[`${from}.attention.output.weight`]!
    matrix(`${to}.attn_output`, transposed(output, width, width), width)
    norm(`${to}.ffn_norm`, `${from}.mlp.norm`)
    const up = transposed(arrays[`${from}.mlp.up.weight`]!, width, upSize)
    matrix(`${to}.ffn_gate`, up.subarray(0, mlpSize * width), width)
    matrix(`${to}.ffn_up`, up.subarray(mlpSize * width), width)
    matrix(`${to}.ffn_down`, transposed(arrays[`${from}.mlp.down.weight`]!, mlpSize, width), mlpSize)
  }
  norm('output_norm', 'finalNorm')
  // Without one llama.cpp takes the embedding.
  if (!tiedHead) matrix('output', arrays['head.weight']!, width)
  return tensors
}

/** `[inputs, outputs]` to `[outputs, inputs]`. */
function transposed(values: Float32Array, inputs: number, outputs: number): Float32Array {
  const result = new Float32Array(values.length)
  for (let i = 0; i < inputs; i++)
    for (let j = 0; j < outputs; j++) result[j * inputs + i] = values[i * outputs + j]!
  return result
}

function scale(values: Float32Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i]! *= factor
}

/** Rows of heads whose channels pair by halves, so that neighbors pair, as llama.cpp's `llama` turns them. */
function interleaved(rows: Float32Array, headSize: number, width: number): Float32Array {
  const result = new Float32Array(rows.length)
  const half = headSize / 2
  for (let row = 0; row < rows.length / width; row++) {
    const channel = row % headSize
    const place = channel < half ? 2 * channel : 2 * (channel - half) + 1
    result.set(rows.subarray(row * width, (row + 1) * width), (row - channel + place) * width)
  }
  return result
}
