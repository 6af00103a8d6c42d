import { useBackend } from '@tinystories/backends'
import type { Story, StoryStream } from '@tinystories/dataset'
import { instructStories } from '@tinystories/dataset/instruct'
import {
  adamW,
  createEngine,
  type EngineName,
  type EvaluationResult,
  evaluateOn,
  initialState,
} from '@tinystories/trainer'
import { locateModel, type ModelAccess } from './model/locate-model.ts'
import { loadModelTokenizer } from './model/model-tokenizer.ts'
import { loadAdapted } from './model/with-adapter.ts'
import { evaluationSet, type TextOrTokens } from './recipe/batches.ts'
import { trainableModel } from './recipe/trainable-model.ts'
import { chosenTemplate } from './source/load-instruct-template.ts'
import { openTextOrTokens } from './source/open-stories.ts'
import type { SourceAccess, StoryFormat } from './source/read-options.ts'
import { findShards } from './source/shard-folders.ts'
import { shardTokenizer } from './source/shard-tokenizer.ts'

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends StoryFormat {
  /** A run, a folder with a model, or `hf://owner/name`. Default: the newest run. */
  model?: string | undefined
  /** Stories or token shards that the model has not seen. */
  data: string
  /**
   * Name or path of the template that gives each story an instruction, which does not count; null: none. Default: the one
   * that the model was trained with.
   */
  instruct?: string | null | undefined
  /** Folder of an adapter that is added to the model. Default: none. */
  adapter?: string | undefined
  /** Windows at a time. Default 8. */
  batchSize?: number
  engine?: EngineName | 'auto'
  access?: SourceAccess & ModelAccess
  signal?: AbortSignal
  /** Called before each batch. */
  onProgress?: (progress: { done: number; total: number }) => void
}

/** A score, and what gave it. */
export interface Evaluation {
  score: EvaluationResult
  /** Folder of the model. */
  folder: string
  engine: string
  /** Of evaluation alone, without loading. */
  seconds: number
}

/**
 * Evaluates a model on stories.
 *
 * @throws PipelineError `no-model`, `other-tokenizer`, `no-held-out-story`; what files throw
 */
export async function evaluate({
  model: source,
  data,
  adapter,
  instruct,
  batchSize = 8,
  engine: engineName = 'auto',
  access = {},
  signal,
  onProgress,
  ...format
}: EvaluateOptions): Promise<Evaluation> {
  const folder = await locateModel(source, access, signal)
  await useBackend('cpu')
  const model = await loadAdapted(folder, adapter)
  const { config, parameters } = model
  const { tokenizer } = await loadModelTokenizer(folder, model, access)
  const shards = await findShards(data)
  if (shards) await shardTokenizer(shards.train, tokenizer)
  const opened = openTextOrTokens(data, shards?.heldOut ?? shards?.train, format, access)
  const template = await chosenTemplate(folder, instruct)
  const prompts = template !== undefined && !shards
  const stories = prompts
    ? (instructStories(opened as StoryStream<Story>, { template }) as StoryStream<TextOrTokens>)
    : opened
  const { contextLength } = config
  const set = await evaluationSet(stories, {
    ...{ tokenizer, contextLength, batchSize, prompts, signal },
    ...{ endId: model.endOfTextId, startId: model.startId },
  })
  const optimizer = adamW()
  const { engine } = await createEngine({
    model: trainableModel(config, parameters),
    optimizer,
    engine: engineName,
  })
  try {
    await engine.load(await initialState(parameters, optimizer))
    const started = performance.now()
    let done = 0
    const counted: Pick<typeof engine, 'evaluate'> = {
      evaluate(batch) {
        onProgress?.({ done: done++, total: set.batches.length })
        return engine.evaluate(batch)
      },
    }
    const score = await evaluateOn(counted, set, signal)
    return { score, folder, engine: engine.name, seconds: (performance.now() - started) / 1000 }
  } finally {
    await engine.dispose()
  }
}
