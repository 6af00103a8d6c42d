import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Random } from '@tinystories/utils/random'

/** Hidden 64, 8 layers, 16 heads, vocabulary 10,000; its MLP has three matrices, so as many weights as our two have. */
const size = { hidden: 64, mlp: 172, layers: 8, heads: 16, vocabulary: 10_000, context: 256 }

/**
 * llama2.c with random weights of the size of our 64 x 8 model. Writing takes as long whatever the weights are.
 *
 * @param binary the compiled `run.c`; undefined where there is none
 * @param folder for its model and vocabulary
 * @returns measures the tokens per second that it reports itself, for 200 greedy tokens after 8, on one thread
 */
export async function startLlama2c(
  binary: string | undefined,
  folder: string,
): Promise<(() => Promise<number>) | undefined> {
  if (binary === undefined) {
    console.error('llama2.c: compile its run.c (-Ofast -march=native) and name the program in LLAMA2C')
    return undefined
  }
  const [model, vocabulary] = [join(folder, 'llama2c.bin'), join(folder, 'llama2c-vocabulary.bin')]
  await writeFile(model, modelFile())
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
function modelFile(): Buffer {
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
