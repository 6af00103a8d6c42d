import { type GptConfig, MAX_LAYERS, validateConfig } from '../config.ts'
import { ConfigError, ModelFileError } from '../errors/index.ts'
import { parameterShapes } from '../parameters.ts'
import type { RandomAccess } from './random-access.ts'
import { elements } from './safetensors.ts'

/** A Llama from a checkpoint of llama2.c. */
export interface Llama2cModel {
  config: GptConfig
  /** By our names, row-major. */
  parameters: Record<string, Float32Array>
}

const MAGIC = 0x616b3432
/** Bytes of the header: seven numbers, or in version 1 a block of a fixed size. */
const [HEADER, HEADER_1] = [28, 256]
/** Of llama2.c's `rmsnorm`. */
export const EPSILON = 1e-5

/**
 * Reads a checkpoint of llama2.c: float32 weights in a fixed order behind seven numbers, with or without the header of
 * version 1. Each head's channels, which turn there in pairs side by side, are put in the order of halves that rotary
 * positions have here.
 *
 * @throws ModelFileError `unsupported` (version 2, whose weights are int8), `invalid-config`, `truncated`, `damaged` when
 *   bytes are left, `not-finite`
 */
export async function readLlama2c(file: RandomAccess): Promise<Llama2cModel> {
  const { path, size } = file
  if (size < HEADER) throw new ModelFileError('truncated', { path, bytes: size, needed: HEADER })
  const head = new DataView(new Uint8Array(await file.read(0, Math.min(size, HEADER_1))).buffer)
  const isVersioned = head.getUint32(0, true) === MAGIC
  const version = isVersioned ? head.getInt32(4, true) : 0
  if (version > 1 || version < 0 || (isVersioned && size < HEADER_1)) {
    throw new ModelFileError('unsupported', { path, field: 'version', value: version, supported: ['0', '1'] })
  }
  const at = isVersioned ? 8 : 0
  const [hiddenSize, mlpSize, layers, heads, keyValueHeads, signed, contextLength] = Array.from(
    { length: 7 },
    (_, i) => head.getInt32(at + 4 * i, true),
  ) as [number, number, number, number, number, number, number]
  const start = isVersioned ? HEADER_1 : HEADER
  // Norms and the vocabulary alone: what a header merely promises must not be counted out, layer by layer.
  const least = start + 4 * hiddenSize * (2 * layers + Math.abs(signed) + 1)
  if (size < least) throw new ModelFileError('truncated', { path, bytes: size, needed: least })
  const config = checked(path, {
    hiddenSize,
    mlpSize,
    layers,
    heads,
    keyValueHeads,
    contextLength,
    // A vocabulary below 0 says that the head is one of its own.
    vocabSize: Math.abs(signed),
    tiedHead: isVersioned ? head.getUint8(at + 28) !== 0 : signed > 0,
  })
  const pieces = version === 0 ? order0(config) : order1(config)
  const needed = start + 4 * pieces.reduce((sum, { count }) => sum + count, 0)
  if (size < needed) throw new ModelFileError('truncated', { path, bytes: size, needed })
  if (size > needed)
    throw new ModelFileError('damaged', { path, reason: `has ${size - needed} bytes too many` })

  const shapes = parameterShapes(config)
  const parameters: Record<string, Float32Array> = {}
  let from = start
  for (const { name, count, column, transposed } of pieces) {
    const bytes = await file.read(from, 4 * count)
    from += 4 * count
    if (name === undefined) continue
    const values = new Float32Array(new Uint8Array(bytes).buffer)
    const index = values.findIndex(value => !Number.isFinite(value))
    if (index !== -1)
      throw new ModelFileError('not-finite', { path, tensor: name, value: values[index]!, index })
    if (!transposed) parameters[name] = values
    else {
      const [inputs, width] = shapes[name] as [number, number]
      parameters[name] ??= new Float32Array(elements(shapes[name]!))
      for (let output = 0; output < count / inputs; output++) {
        const at = column!(output)
        for (let i = 0; i < inputs; i++) parameters[name]![i * width + at] = values[output * inputs + i]!
      }
    }
  }
  return { config, parameters }
}

interface Sizes
  extends Pick<
    GptConfig,
    'hiddenSize' | 'mlpSize' | 'layers' | 'heads' | 'contextLength' | 'vocabSize' | 'tiedHead'
  > {
  keyValueHeads: number
}

function checked(path: string, { keyValueHeads, ...sizes }: Sizes): GptConfig {
  try {
    return validateConfig({
      ...sizes,
      ...(keyValueHeads !== sizes.heads && { keyValueHeads }),
      attention: Array.from(
        { length: Math.min(Math.max(sizes.layers, 0), MAX_LAYERS) },
        () => 'global' as const,
      ),
      localWindow: sizes.contextLength,
      attentionScale: true,
      bias: { qkv: false, attentionOutput: false, mlp: false },
      layerNormEpsilon: EPSILON,
      initializerRange: 0.02,
      scaledResidualInit: true,
      rotary: { base: 10_000 },
      norm: 'rms',
      activation: 'swiglu',
    })
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error
    throw new ModelFileError('invalid-config', { path, reason: error.message }, { cause: error })
  }
}

/** Numbers of a file that follow each other. */
export interface Piece {
  /** The parameter that they belong to; undefined: they are not needed. */
  name: string | undefined
  count: number
  /** Whether they are a linear map of `[out, in]`, and then which of our columns an output is. */
  transposed: boolean
  column?: (output: number) => number
}

/** The pieces of a file of version 0, which llama2.c's `run` reads. */
export function order0(config: GptConfig): Piece[] {
  const { plain, each, maps } = piecesOf(config)
  // Angles that old files hold.
  const angles = (config.contextLength * config.hiddenSize) / config.heads
  return [
    plain('embedding.token'),
    ...each('attention.norm.scale'),
    ...maps.query,
    ...maps.key,
    ...maps.value,
    ...maps.output,
    ...each('mlp.norm.scale'),
    ...maps.gate,
    ...maps.down,
    ...maps.up,
    plain('finalNorm.scale'),
    { name: undefined, count: angles, transposed: false },
    ...(config.tiedHead ? [] : [plain('head.weight')]),
  ]
}

function order1(config: GptConfig): Piece[] {
  const { plain, each, maps } = piecesOf(config)
  return [
    ...each('attention.norm.scale'),
    ...each('mlp.norm.scale'),
    plain('finalNorm.scale'),
    plain('embedding.token'),
    ...[maps.query, maps.key, maps.value, maps.output, maps.gate, maps.down, maps.up].flat(),
    ...(config.tiedHead ? [] : [plain('head.weight')]),
  ]
}

function piecesOf(config: GptConfig) {
  const shapes = parameterShapes(config)
  const { hiddenSize, mlpSize, heads } = config
  const headSize = hiddenSize / heads
  const keyValueSize = headSize * (config.keyValueHeads ?? heads)
  const plain = (name: string): Piece => ({ name, count: elements(shapes[name]!), transposed: false })
  const layers = Array.from({ length: config.layers }, (_, layer) => `layers.${layer}`)
  const map = (name: string, outputs: number, column: (output: number) => number): Piece[] =>
    layers.map(layer => ({
      name: `${layer}.${name}.weight`,
      count: outputs * shapes[`${layer}.${name}.weight`]![0]!,
      transposed: true,
      column,
    }))
  // Pair i of a head lies at 2 i and 2 i + 1 there, at i and i + headSize / 2 here.
  const halves = (output: number): number => {
    const channel = output % headSize
    return output - channel + (channel >> 1) + (channel & 1) * (headSize / 2)
  }
  const after = (start: number) => (output: number) => start + output
  return {
    plain,
    each: (name: string): Piece[] => layers.map(layer => plain(`${layer}.${name}`)),
    maps: {
      query: map('attention.qkv', hiddenSize, halves),
      key: map('attention.qkv', keyValueSize, output => hiddenSize + halves(output)),
      value: map('attention.qkv', keyValueSize, after(hiddenSize + keyValueSize)),
      output: map('attention.output', hiddenSize, after(0)),
      gate: map('mlp.up', mlpSize, after(0)),
      up: map('mlp.up', mlpSize, after(mlpSize)),
      down: map('mlp.down', hiddenSize, after(0)),
    },
  }
}
