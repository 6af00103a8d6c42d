import {
  ablateHeads,
  type ClassifiedHead,
  type Explanation,
  explainTokens,
  type HeadId,
  type Prediction,
  pieceAfter,
  type TextChange,
} from '@tinystories/interpret'
import {
  type ConstrainedToken,
  type Constraints,
  createWasmModel,
  type FinishReason,
  generate,
  generateConstrained,
  type WasmModel,
} from '@tinystories/model/generation'
import { type CallContext, serveWorker, type WebScope } from '@tinystories/utils/workers'
import { PageError } from '../errors/page-error.ts'
import { instructionIds } from '../models/instruction-ids.ts'
import { type OpenModel, openModel } from '../models/open-model.ts'
import type { ModelInfo, ModelSource, OpenProgress } from '../models/source.ts'
import { bundledStories } from '../training/corpus.ts'
import { type EngineChoice, type EngineInfo, wasmEngine } from './engine.ts'
import {
  classifyOnStories,
  type InsideReport,
  type LensReport,
  lookAtQueries,
  lookInside,
  lookThroughLens,
  type NeuronReport,
  type QueryKeyReport,
  topNeurons,
} from './inside.ts'
import { promptTokens } from './prompt-tokens.ts'
import { StoryText } from './story-text.ts'
import { type TextLoss, textLoss } from './text-loss.ts'
import { TfjsModel } from './tfjs-model.ts'
import { unknownShare, unknownWords } from './unknown-share.ts'

// Holds one model and the engine that runs it. The page has one such worker for each model in use.

export interface WriteArgs {
  prompt: string
  /** The tokens of the text so far, in place of `prompt`: to continue from a position inside a story. */
  ids?: number[]
  /** The text of each of these tokens, as it was shown. Default: as the tokenizer decodes them. */
  texts?: string[]
  temperature: number
  topP: number
  seed: number
  maxTokens: number
  /** Heads whose output is left out. */
  ablate?: HeadId[]
  /** What the story must have. */
  constraints?: Constraints
}

/** A token of the text: the prompt's, then those that the model writes. */
export interface TokenEvent extends TextChange {
  id: number
  /** Of those that the model wrote. */
  probability?: number
}

/** What the model expected in place of a token, with the text of each alternative. */
export interface TextExplanation extends Omit<Explanation, 'alternatives'> {
  alternatives: (Prediction & { text: string })[]
}

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

let engineChoice: EngineChoice = 'auto'
let model: OpenModel | undefined
let wasmModel: Promise<WasmModel> | undefined
let eager: TfjsModel | undefined
/** The model without some heads. */
let ablated: { key: string; model: Promise<WasmModel> } | undefined

function opened(): OpenModel {
  if (!model) throw new PageError('no-model-chosen', {})
  return model
}

/** The model on tfjs, for what the WebAssembly kernels do not compute. */
async function onTfjs(): Promise<TfjsModel> {
  eager ??= await TfjsModel.load(opened())
  return eager
}

async function generationModel(heads: readonly HeadId[]) {
  if (heads.length > 0) {
    const key = JSON.stringify(heads)
    if (ablated?.key !== key) {
      const { config, parameters } = opened()
      ablated = {
        key,
        model: createWasmModel({ config, parameters: ablateHeads(config, parameters, heads) }),
      }
    }
    return { model: await ablated.model, info: wasmEngine }
  }
  if (engineChoice !== 'tfjs') {
    wasmModel ??= createWasmModel(opened())
    // An old browser has no such WebAssembly, and a large model no room in it.
    const model = await wasmModel.catch(() => undefined)
    if (model) return { model, info: wasmEngine }
  }
  const model = await onTfjs()
  const info: EngineInfo = { kind: 'tfjs', threads: 1, description: model.backend }
  return { model, info }
}

/** A text with the instruction that its story follows and that is not shown: the tokens from `begin` to `end`. */
function withInstruction(
  ids: readonly number[],
  constraints?: Constraints,
): { ids: number[]; begin: number; end: number } {
  const before = instructionIds(opened(), constraints)
  const begin = ids[0] === opened().endOfTextId ? 1 : 0
  const end = begin + before.length
  return { ids: [...ids.slice(0, begin), ...before, ...ids.slice(begin)], begin, end }
}

async function closeModel(): Promise<void> {
  eager?.dispose()
  wasmModel = undefined
  ablated = undefined
  eager = undefined
  model = undefined
}

const methods = {
  /** Sets the engine. */
  async configure({ engine }: { engine: EngineChoice }): Promise<void> {
    engineChoice = engine
  },

  /** Replaces the open model; if opening fails, the previous one stays. */
  async open(
    { source, keepAs }: { source: ModelSource; keepAs?: string },
    { emit }: CallContext<OpenProgress>,
  ): Promise<ModelInfo> {
    const next = await openModel(source, { keepAs, onProgress: progress => emit(progress) })
    await closeModel()
    model = next
    return next.info
  },

  async write(args: WriteArgs, { signal, emit }: CallContext<TokenEvent>): Promise<WriteResult> {
    const { tokenizer, endOfTextId, config } = opened()
    const { prompt, maxTokens, temperature, topP, seed, constraints, ablate = [], texts } = args
    const written: { id: number; text?: string | undefined }[] =
      args.ids?.map((id, i) => ({ id, text: texts?.[i] })) ?? promptTokens(tokenizer, prompt)
    const given = written.filter(({ id }) => id < config.vocabSize)
    if (endOfTextId !== undefined && given[0]?.id !== endOfTextId) given.unshift({ id: endOfTextId })
    if (given.length === 0) throw new PageError('no-prompt', {})
    const ids = given.map(({ id }) => id)
    const text = new StoryText(tokenizer)
    for (const { id, text: shown } of given) emit({ id, ...text.push(id, shown) })
    const { model, info } = await generationModel(ablate)
    const asked = withInstruction(ids, constraints)
    const options = {
      maxTokens,
      seed,
      temperature,
      topP,
      signal,
      stopIds: endOfTextId === undefined ? [] : [endOfTextId],
    }
    const tokens: AsyncGenerator<ConstrainedToken, FinishReason, void> = constraints
      ? generateConstrained(model, asked.ids, {
          ...{ ...options, constraints, tokenizer, instructionLength: asked.end },
        })
      : generate(model, asked.ids.slice(-(config.contextLength - 1)), options)
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
          unknownShare: unknownShare(
            tokenizer,
            written.map(({ id }) => id),
          ),
          unknownWords: unknownWords(tokenizer, given.map(({ text = '' }) => text).join('')),
        }
      }
      const { id, logProbability } = next.value
      if (logProbability !== undefined && ++count === WARM_UP) start = performance.now()
      emit({
        id,
        ...(logProbability !== undefined && { probability: Math.exp(logProbability) }),
        ...text.push(id),
      })
    }
  },

  /** Each token's probability and its alternatives. */
  async explain({
    ids,
    choices,
    constraints,
  }: {
    ids: number[]
    choices: number
    constraints?: Constraints | undefined
  }): Promise<(TextExplanation | undefined)[]> {
    const { tokenizer } = opened()
    const asked = withInstruction(ids, constraints)
    const all = await explainTokens(await onTfjs(), asked.ids, choices)
    return [...all.slice(0, asked.begin), ...all.slice(asked.end)].map((explanation, i) => {
      const text = ({ id }: Prediction): string => pieceAfter(tokenizer, ids[i - 1]!, id)
      return (
        explanation && {
          ...explanation,
          alternatives: explanation.alternatives.map(each => ({ ...each, text: text(each) })),
        }
      )
    })
  },

  /** Attention patterns on a text. */
  async inside({ text }: { text: string }): Promise<InsideReport> {
    return lookInside(await onTfjs(), opened(), text)
  },

  /** The queries and keys of a head on a text. */
  async queryKey(args: { ids: number[] } & HeadId): Promise<QueryKeyReport> {
    return lookAtQueries(await onTfjs(), args)
  },

  /** What the model would predict after each layer. */
  async lens({ ids }: { ids: number[] }): Promise<LensReport> {
    return lookThroughLens(await onTfjs(), opened(), ids)
  },

  /** What a text costs the model, with some heads left out. */
  async loss({ text, ablate }: { text: string; ablate: HeadId[] }): Promise<TextLoss> {
    return textLoss((await generationModel(ablate)).model, opened(), text)
  },

  /** Classes of all heads over the first bundled stories. */
  async classify(
    _: undefined,
    context: CallContext<{ done: number; total: number }>,
  ): Promise<ClassifiedHead[]> {
    return classifyOnStories(await onTfjs(), opened(), await bundledStories(), context)
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
