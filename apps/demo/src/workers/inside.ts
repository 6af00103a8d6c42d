import {
  attentionPatterns,
  type ClassifiedHead,
  classifyEvidence,
  classifyHeads,
  EvidenceSum,
  type HeadId,
  logitLens,
  pieceAfter,
  type QueriesAndKeys,
  queriesAndKeys,
  tokenPieces,
  topActivations,
} from '@tinystories/interpret'
import type { CallContext } from '@tinystories/utils/workers'
import { PageError } from '../errors/page-error.ts'
import type { OpenModel } from '../models/open-model.ts'
import { headTexts } from './head-texts.ts'
import { promptTokens } from './prompt-tokens.ts'
import type { TfjsModel } from './tfjs-model.ts'
import { unknownShare } from './unknown-share.ts'

/** A head on one text. */
export interface HeadReport extends ClassifiedHead {
  /** `[tokens * tokens]`, row-major: the weight that each token (row) gives to each one up to itself, 0 to 255. */
  pattern: Uint8Array
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

/** Stands for the token that starts a story. */
const START = '\u25b8'

/** More would not be seen. */
const MOST_TOKENS = 96

/** The attention patterns of all heads on a text. */
export async function lookInside(model: TfjsModel, opened: OpenModel, text: string): Promise<InsideReport> {
  const { config, tokenizer, endOfTextId } = opened
  const all = promptTokens(tokenizer, text)
  const shown = all.slice(0, Math.min(MOST_TOKENS, config.contextLength) - 1)
  const tokens = endOfTextId === undefined ? shown : [{ id: endOfTextId, text: START }, ...shown]
  const ids = tokens.map(({ id }) => id)
  if (ids.length < 2) throw new PageError('no-text', {})
  const heads = (await attentionPatterns(model, ids)).map(({ layer, head, weights }): HeadReport => {
    const sum = new EvidenceSum(config.attention[layer] === 'local' ? config.localWindow : ids.length)
    sum.add(weights, ids.length)
    const { evidence } = sum
    const pattern = Uint8Array.from(weights, value => Math.round(value * 255))
    return { layer, head, class: classifyEvidence(evidence), ...evidence, pattern }
  })
  return {
    pieces: tokens.map(token => token.text),
    ids,
    heads,
    cut: shown.length < all.length,
    unknownShare: unknownShare(
      tokenizer,
      shown.map(({ id }) => id),
    ),
  }
}

export type QueryKeyReport = Omit<QueriesAndKeys, keyof HeadId>

/** What a head asks and offers at each token of a text. */
export async function lookAtQueries(
  model: TfjsModel,
  { ids, layer, head }: { ids: readonly number[] } & HeadId,
): Promise<QueryKeyReport> {
  const { headSize, queries, keys } = await queriesAndKeys(model, ids, { layer, head })
  return { headSize, queries, keys }
}

export interface LensReport {
  /** The likeliest next tokens at each position: after the embedding, then after each layer. */
  layers: { text: string; probability: number }[][][]
}

const LENS_CHOICES = 4

/** What the model would predict after each layer. */
export async function lookThroughLens(
  model: TfjsModel,
  { tokenizer }: OpenModel,
  ids: readonly number[],
): Promise<LensReport> {
  const layers = await logitLens(model, ids, LENS_CHOICES)
  return {
    layers: layers.map(positions =>
      positions.map((predictions, i) =>
        predictions.map(({ id, probability }) => ({ text: pieceAfter(tokenizer, ids[i]!, id), probability })),
      ),
    ),
  }
}

/** Classes of all heads by their attention on stories, which says more than one text does. */
export async function classifyOnStories(
  model: TfjsModel,
  { config, tokenizer, endOfTextId }: OpenModel,
  stories: readonly string[],
  { signal, emit }: CallContext<{ done: number; total: number }>,
): Promise<ClassifiedHead[]> {
  const texts = headTexts(stories, tokenizer, endOfTextId, config.contextLength)
  return classifyHeads(model, texts, { signal, onProgress: progress => emit(progress) })
}

/** A token on which a neuron is active. */
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

const CONTEXT_TOKENS = 8

/** For each neuron of a layer, the tokens of the stories on which it is most active. */
export async function topNeurons(
  model: TfjsModel,
  { config, tokenizer, endOfTextId }: OpenModel,
  { stories, layer }: { stories: string[]; layer: number },
  { signal, emit }: CallContext<{ done: number; total: number }>,
): Promise<NeuronReport> {
  const start = endOfTextId === undefined ? [] : [endOfTextId]
  const texts = stories.map(story => {
    const ids = Array.from(tokenizer.encode(story, { addSpecialTokens: false }).ids)
    return [...start, ...ids].slice(0, config.contextLength)
  })
  const neurons = await topActivations(model, texts, {
    layer,
    skip: start.length,
    signal,
    onProgress: progress => emit(progress),
  })
  const pieces = texts.map(ids => piecesOf(tokenizer, ids, endOfTextId))
  return {
    tokens: texts.reduce((sum, ids) => sum + ids.length, 0),
    neurons: neurons.map((list, index) => ({
      index,
      top: list.map(({ value, text, position }) => {
        const line = pieces[text]!
        return {
          value,
          before: line.slice(Math.max(0, position - CONTEXT_TOKENS), position).join(''),
          token: line[position]!,
          after: line.slice(position + 1, position + 1 + CONTEXT_TOKENS / 2).join(''),
        }
      }),
    })),
  }
}

/** The text of each token; the token that starts a story is shown as a sign. */
function piecesOf(
  tokenizer: OpenModel['tokenizer'],
  ids: readonly number[],
  endOfTextId: number | undefined,
): string[] {
  return tokenPieces(tokenizer, ids).map((piece, i) => (ids[i] === endOfTextId ? START : piece))
}
