import { createWasmModel, generate, type WasmModel } from '@tinystories/model/generation'
import { type CallContext, serveWorker, type WebScope } from '@tinystories/utils/workers'
import { PageError } from '../errors/page-error.ts'
import { type OpenModel, openModel } from '../models/open-model.ts'
import type { ModelInfo, ModelSource } from '../models/source.ts'
import { type TextChange, TokenText } from '../models/token-text.ts'
import { bundledStories } from '../training/corpus.ts'
import type { Wishes } from '../wishes/wishes.ts'
import { type Pen, type WishedToken, writeWithWishes } from '../wishes/write-with-wishes.ts'
import { type EngineChoice, type EngineInfo, wasmEngine } from './engine.ts'
import { expectTokens, rateEndings } from './expect-tokens.ts'
import { type Explanation, explainTokens } from './explain.ts'
import { type InsideReport, lookInside, type NeuronReport, topNeurons } from './inside.ts'
import { type HeadPlace, TfjsModel } from './tfjs-model.ts'
import { unknownShare, unknownWords } from './unknown-share.ts'

// Holds one model and the engine that runs it. The page has one such worker for each model in use.

export interface WriteArgs {
  prompt: string
  /** The tokens of the text so far, in place of `prompt`: to continue from a position inside a story. */
  ids?: number[]
  temperature: number
  topP: number
  seed: number
  maxTokens: number
  /** Heads whose output is left out. */
  ablate?: HeadPlace[]
  /** What the story must have. */
  constraints?: Wishes
}

/** A token of the text: the prompt's, then those that the model writes. */
export interface TokenEvent extends TextChange {
  id: number
  /** Of those that the model wrote. */
  probability?: number
}

type FinishReason = 'stop' | 'length'

export interface WriteResult {
  reason: FinishReason
  tokens: number
  /** Without the first tokens, which warm up. */
  tokensPerSecond: number
  engine: EngineInfo
  /** Share of the prompt's tokens that the vocabulary does not know. */
  unknownShare: number
  /** Words of the prompt that the vocabulary does not know. */
  unknownWords: string[]
}

/** The first tokens are not counted in the speed. */
const WARM_UP = 3

let base = ''
let engineChoice: EngineChoice = 'auto'
let model: OpenModel | undefined
let wasmModel: Promise<WasmModel> | undefined
let eager: TfjsModel | undefined

function opened(): OpenModel {
  if (!model) throw new PageError('no-model-chosen', {})
  return model
}

/** The model on tfjs, for what the WebAssembly kernels do not compute. */
async function onTfjs(): Promise<TfjsModel> {
  eager ??= await TfjsModel.load(opened())
  return eager
}

async function generator(ablate: readonly HeadPlace[]) {
  if (engineChoice !== 'tfjs' && ablate.length === 0) {
    wasmModel ??= createWasmModel(opened())
    // An old browser has no such WebAssembly, and a large model no room in it.
    const model = await wasmModel.catch(() => undefined)
    if (model) return { model, info: wasmEngine }
  }
  const tfjs = await onTfjs()
  const info: EngineInfo = { kind: 'tfjs', threads: 1, description: tfjs.backend }
  return { model: tfjs.ablated(ablate), info }
}

async function closeModel(): Promise<void> {
  eager?.dispose()
  wasmModel = undefined
  eager = undefined
  model = undefined
}

const methods = {
  /** Sets the address of the page and the engine. */
  async configure(args: { base: string; engine: EngineChoice }): Promise<void> {
    base = args.base
    engineChoice = args.engine
  },

  /** Replaces the open model; if opening fails, the previous one stays. */
  async open(source: ModelSource): Promise<ModelInfo> {
    const next = await openModel(source, base)
    await closeModel()
    model = next
    return next.info
  },

  async write(args: WriteArgs, { signal, emit }: CallContext<TokenEvent>): Promise<WriteResult> {
    const { tokenizer, endOfTextId, config } = opened()
    const { prompt, maxTokens, temperature, topP, seed, constraints, ablate = [] } = args
    const written = args.ids ?? Array.from(tokenizer.encode(prompt, { addSpecialTokens: false }).ids)
    const known = written.filter(id => id < config.vocabSize)
    const ids = endOfTextId === undefined || known[0] === endOfTextId ? known : [endOfTextId, ...known]
    if (ids.length === 0) throw new PageError('no-prompt', {})
    const text = new TokenText(tokenizer)
    for (const id of ids) emit({ id, ...text.push(id) })
    const { model: writer, info } = await generator(ablate)
    type Draft = { maxTokens: number; seed: number }
    const write = async function* (from: readonly number[], draft: Draft) {
      const tokens = generate(writer, from.slice(-(config.contextLength - 1)), {
        ...draft,
        temperature,
        topP,
        signal,
        ...(endOfTextId === undefined ? {} : { stopIds: [endOfTextId] }),
      })
      for (;;) {
        const next = await tokens.next()
        if (next.done) return next.value
        yield { id: next.value.id, probability: Math.exp(next.value.logProbability) }
      }
    }
    const pen: Pen = {
      async write(from, draft) {
        const tokens = write(from, draft)
        const written: { id: number; probability: number }[] = []
        for (;;) {
          const next = await tokens.next()
          if (next.done) return { tokens: written, ended: next.value === 'stop' }
          written.push(next.value)
        }
      },
      expect: async (text, from, targets) => expectTokens(await onTfjs(), text, from, targets),
      rate: async (texts, count) => rateEndings(await onTfjs(), texts, count),
    }
    const tokens: AsyncGenerator<WishedToken, FinishReason, void> = constraints
      ? writeWithWishes(pen, tokenizer, ids, { ...constraints, maxTokens, seed })
      : write(ids, { maxTokens, seed })
    let count = 0
    let start = 0
    for (;;) {
      const next = await tokens.next()
      if (next.done) {
        const seconds = (performance.now() - start) / 1000
        return {
          reason: next.value,
          tokens: count,
          tokensPerSecond: count > WARM_UP ? (count - WARM_UP) / seconds : 0,
          engine: info,
          unknownShare: unknownShare(tokenizer, written),
          unknownWords: unknownWords(tokenizer, prompt),
        }
      }
      const { id, probability } = next.value
      if (probability !== undefined && ++count === WARM_UP) start = performance.now()
      emit({ id, ...(probability !== undefined && { probability }), ...text.push(id) })
    }
  },

  /** Each token's probability and its alternatives. */
  async explain({ ids, choices }: { ids: number[]; choices: number }): Promise<(Explanation | undefined)[]> {
    return explainTokens(await onTfjs(), opened(), ids, choices)
  },

  /** Attention patterns on a text. */
  async inside({ text }: { text: string }): Promise<InsideReport> {
    return lookInside(await onTfjs(), opened(), text)
  },

  /** The top activations of a layer's neurons over the first bundled stories. */
  async neurons(
    { layer, count }: { layer: number; count: number },
    context: CallContext<{ done: number; total: number }>,
  ): Promise<NeuronReport> {
    const stories = (await bundledStories()).slice(0, count)
    return topNeurons(await onTfjs(), opened(), { stories, layer }, context)
  },
}

export type ModelWorkerMethods = typeof methods

serveWorker(self as unknown as WebScope, methods)
