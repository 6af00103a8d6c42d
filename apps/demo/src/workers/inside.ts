import * as tf from '@tensorflow/tfjs-core'
import { inspect } from '@tinystories/model'
import type { CallContext } from '@tinystories/utils/workers'
import { PageError } from '../errors/page-error.ts'
import type { OpenModel } from '../models/open-model.ts'
import { TokenText } from '../models/token-text.ts'
import { distanceScore } from './distance-score.ts'
import type { TfjsModel } from './tfjs-model.ts'
import { unknownShare } from './unknown-share.ts'

/** Of one head on one text. */
export interface HeadReport {
  layer: number
  head: number
  /** `[tokens * tokens]`, row-major: what each token (row) takes from each one before it, 0 to 255. */
  pattern: Uint8Array
  /** See {@link distanceScore}. */
  distanceScore: number
}

export interface InsideReport {
  /** The text by token. */
  pieces: string[]
  ids: number[]
  heads: HeadReport[]
  /** Whether the text was longer than what is shown. */
  cut: boolean
  /** Share of the tokens that stand for characters that the vocabulary lacks. */
  unknownShare: number
}

/** More would not be seen. */
const MOST_TOKENS = 96

/** The attention patterns of all heads on a text. */
export async function lookInside(model: TfjsModel, opened: OpenModel, text: string): Promise<InsideReport> {
  const { config, tokenizer, endOfTextId } = opened
  const all = Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids)
  const written = all.slice(0, Math.min(MOST_TOKENS, config.contextLength) - 1)
  const ids = endOfTextId === undefined ? written : [endOfTextId, ...written]
  if (ids.length < 2) throw new PageError('no-text', {})
  const patterns = tf.tidy(() => {
    const { activations } = inspect(config, model.parameters, tf.tensor2d(ids, [1, ids.length], 'int32'), {
      keep: name => name.endsWith('attention.pattern'),
    })
    return activations
  })
  const heads: HeadReport[] = []
  for (let layer = 0; layer < config.layers; layer++) {
    const values = (await patterns[`layers.${layer}.attention.pattern`]!.data()) as Float32Array
    const size = ids.length ** 2
    for (let head = 0; head < config.heads; head++) {
      const pattern = values.subarray(head * size, (head + 1) * size)
      heads.push({
        layer,
        head,
        pattern: Uint8Array.from(pattern, value => Math.round(value * 255)),
        distanceScore: distanceScore(pattern, ids.length),
      })
    }
  }
  tf.dispose(patterns)
  return {
    pieces: piecesOf(tokenizer, ids, endOfTextId),
    ids,
    heads,
    cut: written.length < all.length,
    unknownShare: unknownShare(tokenizer, written),
  }
}

/** A place where a neuron is active. */
export interface Activation {
  value: number
  /** The text around it; the token itself is `token`. */
  before: string
  token: string
  after: string
}

export interface NeuronReport {
  neurons: { index: number; top: Activation[] }[]
  tokens: number
}

const TOP = 6
const CONTEXT_TOKENS = 8

/** For each neuron of a layer, the tokens of the stories on which it is most active. */
export async function topNeurons(
  model: TfjsModel,
  { config, tokenizer, endOfTextId }: OpenModel,
  { stories, layer }: { stories: string[]; layer: number },
  { signal, emit }: CallContext<{ done: number; total: number }>,
): Promise<NeuronReport> {
  const width = config.mlpSize
  // For each neuron its best places so far, best first.
  const best: { value: number; story: number; place: number }[][] = Array.from({ length: width }, () => [])
  const texts: number[][] = []
  let tokens = 0
  for (const [story, text] of stories.entries()) {
    signal.throwIfAborted()
    const start = endOfTextId === undefined ? [] : [endOfTextId]
    const ids = [...start, ...Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids)].slice(
      0,
      config.contextLength,
    )
    texts.push(ids)
    tokens += ids.length
    const name = `layers.${layer}.mlp.neurons`
    const neurons = tf.tidy(
      () =>
        inspect(config, model.parameters, tf.tensor2d(ids, [1, ids.length], 'int32'), {
          keep: kept => kept === name,
        }).activations[name]!,
    )
    const values = (await neurons.data()) as Float32Array
    neurons.dispose()
    for (let place = start.length; place < ids.length; place++) {
      for (let neuron = 0; neuron < width; neuron++) {
        const value = values[place * width + neuron]!
        const list = best[neuron]!
        if (list.length === TOP && value <= list[TOP - 1]!.value) continue
        const at = list.findIndex(other => other.value < value)
        list.splice(at < 0 ? list.length : at, 0, { value, story, place })
        if (list.length > TOP) list.pop()
      }
    }
    emit({ done: story + 1, total: stories.length })
    // Lets a cancellation through.
    await new Promise(resolve => setTimeout(resolve))
  }
  const pieces = texts.map(ids => piecesOf(tokenizer, ids, endOfTextId))
  return {
    tokens,
    neurons: best.map((list, index) => ({
      index,
      top: list.map(({ value, story, place }) => {
        const line = pieces[story]!
        return {
          value,
          before: line.slice(Math.max(0, place - CONTEXT_TOKENS), place).join(''),
          token: line[place]!,
          after: line.slice(place + 1, place + 1 + CONTEXT_TOKENS / 2).join(''),
        }
      }),
    })),
  }
}

/** What each token adds to the text; the token that begins a story is shown as a sign. */
function piecesOf(
  tokenizer: OpenModel['tokenizer'],
  ids: readonly number[],
  endOfTextId: number | undefined,
): string[] {
  const text = new TokenText(tokenizer)
  const starts: number[] = []
  let whole = ''
  for (const id of ids) {
    const change = text.push(id)
    whole = whole.slice(0, change.start) + change.text
    for (let i = 0; i < starts.length; i++) starts[i] = Math.min(starts[i]!, change.start)
    starts.push(change.start)
  }
  return ids.map((id, i) => (id === endOfTextId ? '\u25b8' : whole.slice(starts[i], starts[i + 1])))
}
