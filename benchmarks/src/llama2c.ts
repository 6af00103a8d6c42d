import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Random } from '@tinystories/utils/random'

/** Hidden 64, 8 layers, 16 heads, vocabulary 10,000; its MLP has three matrices, so as many weights as our two have. */
const size = { hidden: 64, mlp: 172, layers: 8, heads: 16, vocabulary: 10_000, context: 256 }
/** Its int8 has a scale for each so many weights, which must divide all sizes: the MLP is a little smaller than ours. */
const int8 = { group: 32, mlp: 160 }

/**
 * llama2.c with random weights of the size of our 64 x 8 model. Writing takes as long whatever the weights are.
 *
 * @param type float32 for `run.c`, int8 for `runq.c`
 * @param binary the compiled program; undefined where there is none
 * @param folder for its model and vocabulary
 * @returns measures the tokens per second that it reports itself, for 200 greedy tokens after 8, on one thread
 */
export async function startLlama2c(
  type: 'float32' | 'int8',
  binary: string | undefined,
  folder: string,
): Promise<(() => Promise<number>) | undefined> {
  if (binary === undefined) {
    const [file, variable] = { float32: ['run.c', 'LLAMA2C'], int8: ['runq.c', 'LLAMA2C_INT8'] }[type]
    console.error(`llama2.c: compile its ${file} (-Ofast -march=native) and name the program in ${variable}`)
    return undefined
  }
  const [model, vocabulary] = [join(folder, `llama2c-${type}.bin`), join(folder, 'llama2c-vocabulary.bin')]
  await writeFile(model, type === 'int8' ? int8File() : float32File())
  await writeFile(vocabulary, vocabularyFile())
  const flags = ['-z', vocabulary, '-t', '0', '-n', '208', '-i', '']
  return async () => {
    const { stderr } = await promisify(execFile)(binary, [model, ...flags], { encoding: 'latin1' })
    const reported = /achieved tok\/s: ([\d.]+)/.exec(stderr)?.[1]
    if (reported === undefined) throw new Error(`${binary} reported no speed: ${stderr}`)
    return Number(reported)
  }
}

/** Sizes, then the weights of each kind for all layers; a positive vocabulary says that head and embedding are one. */
function float32File(): Buffer {
  const { hidden, mlp, layers, heads, vocabulary, context } = size
  const random = new Random(1)
  const weights = (count: number): number[] => Array.from({ length: count }, () => 0.08 * random.normal())
  const ones = (count: number): number[] => new Array(count).fill(1)
  const floats = [
    weights(vocabulary * hidden),
    ones(layers * hidden),
    ...Array.from({ length: 4 }, () => weights(layers * hidden * hidden)),
    ones(layers * hidden),
    ...Array.from({ length: 3 }, () => weights(layers * hidden * mlp)),
    ones(hidden),
    // Angles of positions, which it no longer reads.
    new Array((context * hidden) / heads).fill(0),
  ].flat()
  const header = Int32Array.of(hidden, mlp, layers, heads, heads, vocabulary, context)
  return Buffer.concat([header, Float32Array.from(floats)].map(array => Buffer.from(array.buffer)))
}

/** Version 2: a header of 256 bytes, the norms in float32, then each matrix as int8 and its scales. */
function int8File(): Buffer {
  const { hidden, layers, heads, vocabulary, context } = size
  const { group, mlp } = int8
  const random = new Random(1)
  const header = Buffer.alloc(256)
  const fields = [0x616b3432, 2, hidden, mlp, layers, heads, heads, vocabulary, context]
  for (const [i, field] of fields.entries()) header.writeInt32LE(field, 4 * i)
  const end = 4 * fields.length
  header.writeUInt8(1, end) // head and embedding are one
  header.writeInt32LE(group, end + 1)
  const matrix = (count: number): Buffer[] => [
    Buffer.from(Int8Array.from({ length: count }, () => Math.round(40 * random.normal())).buffer),
    Buffer.from(new Float32Array(count / group).fill(0.002).buffer),
  ]
  const perLayer = [hidden, hidden, hidden, hidden, mlp, mlp, mlp]
  return Buffer.concat([
    header,
    Buffer.from(new Float32Array((2 * layers + 1) * hidden).fill(1).buffer),
    ...matrix(vocabulary * hidden),
    ...perLayer.flatMap(width => Array.from({ length: layers }, () => matrix(hidden * width)).flat()),
  ])
}

/** The longest piece's length, then score, length and bytes of each. Nobody reads the text. */
function vocabularyFile(): Buffer {
  const pieces = Array.from({ length: size.vocabulary }, (_, id) => {
    const text = Buffer.from(id < 259 ? '<0x41>' : `t${id}`)
    const head = Buffer.alloc(8)
    head.writeFloatLE(-id, 0)
    head.writeInt32LE(text.length, 4)
    return Buffer.concat([head, text])
  })
  return Buffer.concat([Buffer.from(Int32Array.of(8).buffer), ...pieces])
}
