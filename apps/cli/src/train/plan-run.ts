import { totalmem } from 'node:os'
import type { StoryStream } from '@tinystories/dataset'
import { countParameters, type GptConfig, gptConfig, modelCost } from '@tinystories/model'
import type { TextOrTokens } from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import { resolveSource } from '../open-source.ts'
import { ProgressLine } from '../progress-line.ts'
import { UserError } from '../user-error.ts'
import { vocabularyProgress } from '../vocabulary-progress.ts'
import { defaultHeldOut, findBundledTokens } from './bundled-tokens.ts'
import { formatBytes } from './format-bytes.ts'
import {
  checkTokens,
  loadTokenizer,
  measureStories,
  openTrainingStories,
  type StoryLengths,
  tokenizerOfShards,
  trainTokenizer,
  until,
} from './open-data.ts'
import {
  type RunLimitSettings,
  type RunSettings,
  settingDefaults,
  smallCorpusBytes,
  type TrainFlags,
} from './settings.ts'
import { findShards } from './shard-folders.ts'
import type { Note } from './tell.ts'

export interface PlannedRun {
  settings: RunSettings
  tokenizer: Tokenizer
  lengths: StoryLengths
}

/**
 * Turns flags into settings: opens the data, makes or loads the tokenizer, and fits what was left open to both.
 *
 * @throws UserError naming the flag that cannot be, and what would do.
 */
export async function planRun(flags: TrainFlags, note: Note, signal?: AbortSignal): Promise<PlannedRun> {
  const bundledTokens = await findBundledTokens(flags)
  const folders = bundledTokens === undefined ? await findShards(flags.data ?? 'sample') : undefined
  const source = {
    data: bundledTokens ?? flags.data ?? 'sample',
    valid: flags.valid ?? folders?.heldOut ?? null,
    separator: flags.separator ?? null,
    textField: flags.textField ?? null,
    heldOut: flags.heldOut ?? defaultHeldOut,
  }
  if (flags.valid !== undefined && resolveSource(flags.valid) === resolveSource(flags.data ?? 'sample')) {
    note(
      'Warning: --valid names the stories that are trained on; the held-out score will say nothing of others.',
    )
  }
  const { train } = await openTrainingStories(source)

  await checkSplit(train, flags, signal)
  const tokenizer = await chooseTokenizer(source.data, train, flags, signal)
  await checkTokens(source.valid, tokenizer)
  const lengths = await measureStories(train, tokenizer, { signal })
  note(
    `Stories: ${lengths.stories.toLocaleString('en')} to train on, ${lengths.tokens.toLocaleString('en')} tokens of a vocabulary of ${tokenizer.vocabSize.toLocaleString('en')}`,
  )

  const batchSize = flags.batch ?? 8
  const model = modelConfig(flags, tokenizer.vocabSize, lengths)
  checkEnoughText(lengths, model.contextLength, batchSize)
  checkMemory(model)
  const small = lengths.tokens * 4 < smallCorpusBytes
  const asked = limitsOf(flags)
  const limits = Object.values(asked).some(limit => limit !== null)
    ? asked
    : { ...asked, ...(small ? { steps: 900 } : { minutes: 10 }) }
  const evaluateEvery = flags.evalEvery ?? (small ? 50 : 250)
  return {
    tokenizer,
    lengths,
    settings: {
      version: 1,
      ...source,
      preset: flags.preset ?? 'sample',
      model,
      batchSize,
      learningRate: flags.learningRate ?? 3e-3,
      weightDecay: flags.weightDecay ?? 0.1,
      optimizer: flags.optimizer ?? 'muon',
      schedule: flags.schedule ?? settingDefaults.schedule,
      accumulate: flags.accumulate ?? settingDefaults.accumulate,
      labelSmoothing: flags.labelSmoothing ?? settingDefaults.labelSmoothing,
      zLoss: flags.zLoss ?? settingDefaults.zLoss,
      averageDecay: flags.averageWeights ?? null,
      tokensPerEpoch: flags.epochs === undefined ? null : await countEpoch(train, tokenizer, signal),
      patience: flags.patience ?? null,
      onSpike: flags.onSpike ?? settingDefaults.onSpike,
      sampleEvery: flags.sampleEvery ?? null,
      workers: flags.workers ?? null,
      keepCheckpoints: flags.keepCheckpoints ?? settingDefaults.keepCheckpoints,
      warmupSteps:
        flags.warmup ?? (limits.steps === null ? 100 : Math.min(100, Math.ceil(limits.steps / 10))),
      limits,
      seed: flags.seed ?? 42,
      engine: flags.engine ?? 'auto',
      provider: flags.provider ?? null,
      threads: flags.threads ?? null,
      evaluateEvery,
      checkpointEvery: flags.checkpointEvery ?? evaluateEvery,
      prompt: flags.prompt ?? 'Once upon a time',
    },
  }
}

/** The one that the data was tokenised with, the one named, or a new one. */
async function chooseTokenizer(
  data: string,
  train: StoryStream<TextOrTokens>,
  { tokenizer, vocabSize, separator }: TrainFlags,
  signal: AbortSignal | undefined,
): Promise<Tokenizer> {
  const ofShards = await tokenizerOfShards(data)
  if (ofShards === undefined) {
    return tokenizer ? ownTokenizer(tokenizer) : newTokenizer(train as StoryStream, vocabSize, signal)
  }
  const given = { '--vocab-size': vocabSize, '--separator': separator }
  const decided = Object.entries(given).find(([, flag]) => flag !== undefined)?.[0]
  if (decided !== undefined) {
    throw new UserError(
      `--data ${data} is token shards, for which ${decided} was decided when they were written. Leave it out.`,
    )
  }
  if (tokenizer) await checkTokens(data, await loadTokenizer(tokenizer))
  return ofShards
}

async function newTokenizer(
  stories: StoryStream,
  vocabSize: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Tokenizer> {
  const progress = new ProgressLine()
  try {
    return await trainTokenizer(stories, vocabSize, { ...until(signal), ...vocabularyProgress(progress) })
  } finally {
    progress.end()
  }
}

/** @throws UserError naming the file, when its tokens cannot end a story */
async function ownTokenizer(path: string): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(path)
  if (tokenizer.endOfTextId === undefined) {
    throw new UserError(
      `--tokenizer: ${path} has no token that ends a story (<|endoftext|> or [SEP]). Train one that has: tokenizer train.`,
    )
  }
  return tokenizer
}

/** The limits that flags name. */
export function limitsOf({ steps, tokens, epochs, minutes }: TrainFlags): RunLimitSettings {
  return { steps: steps ?? null, tokens: tokens ?? null, epochs: epochs ?? null, minutes: minutes ?? null }
}

/** Tokens of all stories, each with its end. */
export async function countEpoch(
  stories: StoryStream<TextOrTokens>,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<number> {
  const all = await measureStories(stories, tokenizer, { limit: Number.MAX_SAFE_INTEGER, signal })
  return all.tokens + all.stories
}

function modelConfig(flags: TrainFlags, vocabSize: number, { longest }: StoryLengths): GptConfig {
  const preset = flags.preset ?? 'sample'
  const usual = gptConfig(preset, { vocabSize }).contextLength
  if (flags.context !== undefined && flags.context > longest + 1) {
    throw new UserError(
      `--context ${flags.context} is longer than any story: the longest has ${longest} tokens and its end. Choose at most ${longest + 1}.`,
    )
  }
  return gptConfig(preset, {
    vocabSize,
    // A window longer than any story would only ever join strangers.
    contextLength: flags.context ?? Math.min(usual, longest + 1),
    ...(flags.hidden === undefined ? {} : { hiddenSize: flags.hidden }),
    ...(flags.layers === undefined ? {} : { layers: flags.layers }),
    ...(flags.heads === undefined ? {} : { heads: flags.heads }),
  })
}

function checkEnoughText({ tokens }: StoryLengths, contextLength: number, batchSize: number): void {
  if (tokens >= contextLength * batchSize) return
  throw new UserError(
    `The data has ${tokens} tokens, less than one batch of ${batchSize} x ${contextLength}. Give more stories, or a smaller --batch or --context.`,
  )
}

/** A model that cannot be held is refused before anything is made of it. */
function checkMemory(model: GptConfig): void {
  const { trainingState } = modelCost(model).memory
  const memory = totalmem()
  if (trainingState <= memory) return
  const parameters = countParameters(model).total.toLocaleString('en')
  throw new UserError(
    `A model of ${parameters} parameters needs ${formatBytes(trainingState)} for weights, gradients and moments alone; this machine has ${formatBytes(memory)}. Choose a smaller --preset, --hidden, --layers or --vocab-size.`,
  )
}

/** A plain text without a separator is one story, which leaves one side of the split empty. */
async function checkSplit(
  train: StoryStream<TextOrTokens>,
  { data, valid }: TrainFlags,
  signal: AbortSignal | undefined,
): Promise<void> {
  let stories = 0
  for await (const _ of train.take(2).iterate(until(signal))) stories++
  if (stories > 1) return
  throw new UserError(
    `--data ${data}: ${stories === 0 ? 'no story' : 'one story'} is left to train on${valid === undefined ? ' beside those held out' : ''}. Are the stories parted by lines of <|endoftext|>? Otherwise say what parts them with --separator.`,
  )
}
