import { instructTemplates } from '@tinystories/dataset/instruct'
import { checkMemory, fitWindow, measureStories, trainVocabulary } from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import { PageError } from '../errors/page-error.ts'
import { amountOf } from '../models/amount-of.ts'
import { type OpenModel, openModel } from '../models/open-model.ts'
import type { ModelSource } from '../models/source.ts'
import { unknownShare } from '../workers/unknown-share.ts'
import { bundledStories, storiesOf } from './corpus.ts'
import { configOf, openRunStories } from './run-config.ts'
import type { RunStart } from './run-store.ts'
import { recipeOf, sizeOf, type TrainingSettings } from './settings.ts'

/** What a new run is made of. */
export interface NewRun {
  settings: TrainingSettings
  /** The visitor's own text; the bundled stories without it. */
  corpus?: File
  /** The model that is trained further; a new one without it. */
  from?: ModelSource
}

export interface StartRunOptions {
  signal: AbortSignal
  onPhase(text: string): void
  onWarning(text: string): void
}

/** Weights, gradients and optimizer of a model that a page trains, in bytes: a tab has little more. */
const MAX_MEMORY = 1.5 * 2 ** 30
/** Tokens of a window: longer ones are slow. */
const MAX_WINDOW = 256
/** A story and its instruction are never cut. */
const MAX_INSTRUCT_WINDOW = 384
/** Stories whose length is measured. */
const MEASURED = 5000
/** Characters that are looked at for those that a vocabulary does not have. */
const LOOKED_AT = 50_000
/** Above this share of unknown tokens there is nothing to learn. */
const MAX_UNKNOWN = 0.2

/**
 * Reads the text of a new run, opens the model that it starts from or trains a vocabulary, and fits the window to both.
 *
 * @throws PageError `unknown-script` and those of the text; PipelineError; those of the model's files
 */
export async function startRun(
  { settings, corpus, from: source }: NewRun,
  { signal, onPhase, onWarning }: StartRunOptions,
): Promise<RunStart> {
  onPhase('Reading the stories...')
  const stories = corpus ? await storiesOf(corpus, { isShort: source !== undefined }) : await bundledStories()
  const model = source && (await openStart(source, onPhase))
  const instruct = settings.instruct
    ? {
        template: model?.template ?? instructTemplates.tinystories,
        ood: false,
        seed: settings.seed,
        rareWords: true,
      }
    : null
  const { train } = openRunStories({ stories, instruct })
  const prompts = instruct !== null
  if (model) checkScript(model.tokenizer, stories, settings, onWarning)
  else onPhase('Training a vocabulary...')
  const tokenizer =
    model?.tokenizer ??
    // Pieces of bytes spell any script, so nothing is unknown and bits per byte count all of the text.
    (await trainVocabulary(train, {
      style: 'gpt2',
      vocabSize: sizeOf(settings).vocabSize,
      prompts,
      signal,
    }))
  const start = {
    settings,
    stories,
    instruct,
    tokenizer: tokenizer.toJSON(),
    ...(model && { from: { config: model.config, parameters: model.parameters } }),
  }
  const lengths = await measureStories(train, tokenizer, { prompts, limit: MEASURED, signal })
  const own = configOf(start, tokenizer.vocabSize).contextLength
  const { contextLength, dropped } = fitWindow(lengths, {
    limit: prompts
      ? Math.min(model ? own : MAX_INSTRUCT_WINDOW, MAX_INSTRUCT_WINDOW)
      : Math.min(own, MAX_WINDOW),
    batchSize: recipeOf(settings).batchSize,
    prompts,
    dropLong: true,
  })
  if (dropped > 0)
    onWarning(
      `${dropped.toLocaleString('en')} of ${lengths.stories.toLocaleString('en')} stories are longer than ${contextLength} tokens with their instruction and are left out.`,
    )
  return { ...start, windowLength: contextLength }
}

async function openStart(source: ModelSource, onPhase: StartRunOptions['onPhase']): Promise<OpenModel> {
  onPhase('Opening the model...')
  const model = await openModel(source, {
    onProgress: progress => {
      if (progress.total > 0) onPhase(`Downloading the model: ${amountOf(progress)}`)
    },
  })
  checkMemory(model.config, MAX_MEMORY)
  return model
}

/** A vocabulary of words cannot spell other scripts: all would be its unknown token, and the loss would mean nothing. */
function checkScript(
  tokenizer: Tokenizer,
  stories: readonly string[],
  { from = '', corpusName }: TrainingSettings,
  onWarning: StartRunOptions['onWarning'],
): void {
  const text = stories.join('\n').slice(0, LOOKED_AT)
  const share = unknownShare(tokenizer, Array.from(tokenizer.encode(text, { addSpecialTokens: false }).ids))
  if (share > MAX_UNKNOWN) throw new PageError('unknown-script', { model: from, file: corpusName, share })
  if (share > 0)
    onWarning(
      `${(100 * share).toFixed(share < 0.01 ? 2 : 0)} % of the text are characters that ${from} does not know: it learns nothing of them, and bits per byte leave them out.`,
    )
}
