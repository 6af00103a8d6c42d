import type { InstructSettings, InstructTemplate } from '@tinystories/dataset/instruct'
import { type GptConfig, gptConfig, type PresetName } from '@tinystories/model'
import type { Tokenizer } from '@tinystories/tokenizer'
import { PipelineError } from '../errors.ts'
import { checkMemory } from '../recipe/check-memory.ts'
import { fitWindow } from '../recipe/fit-window.ts'
import { measureStories } from '../recipe/measure-stories.ts'
import { defaultRecipe } from '../recipe/recipe.ts'
import { smallCorpusBytes } from '../recipe/small-corpus.ts'
import { usualPrompt } from '../recipe/usual-prompt.ts'
import { usualRate } from '../recipe/usual-rate.ts'
import { chosenInstructions, shardInstructions } from '../source/instruct-settings.ts'
import { formatSettings } from '../source/read-options.ts'
import { defaultHeldOut, openTrainingSource } from '../source/training-source.ts'
import { countEpoch } from './count-epoch.ts'
import { planLimits } from './fit-steps.ts'
import { loadStart } from './load-start.ts'
import type { Plan, PlanContext } from './plan.ts'
import { checkProvider, type RunOptions } from './run-options.ts'
import { checkTuning, planTuning } from './tuning.ts'

/**
 * Plans a new run: opens the data, trains or loads the tokenizer, and fits what was left open to both. Writes nothing.
 *
 * @throws PipelineError, ConfigError naming the option that cannot be, and what would do; what the dataset throws
 */
export async function planRun(options: RunOptions, context: PlanContext = {}): Promise<Plan> {
  const { access, signal, memory = Number.POSITIVE_INFINITY, onEvent } = context
  checkProvider(options)
  checkTuning(options)
  const { data = 'sample' } = options
  if (options.valid === data) onEvent?.({ type: 'valid-is-data' })
  const start =
    options.from === undefined ? undefined : await loadStart(options.from, options, access ?? {}, signal)
  const instruct = await instructOf(options, data, start?.template)
  const source = await openTrainingSource({
    ...options,
    instruct,
    ...(start && { tokenizer: start.tokenizer }),
    data,
    access,
    signal,
    onVocabulary: onEvent && (progress => onEvent({ type: 'vocabulary', ...progress })),
  })
  const { train, tokenizer, valid } = source
  const lengths = await measureStories(train, tokenizer, {
    // Each story that is left out is reported.
    ...(instruct && { prompts: true, limit: Number.MAX_SAFE_INTEGER }),
    signal,
  })
  const { vocabSize } = tokenizer
  onEvent?.({ type: 'stories', vocabSize, ...lengths })

  const batchSize = options.batchSize ?? defaultRecipe.batchSize
  const limit = (start?.config ?? gptConfig(presetOf(options), { vocabSize })).contextLength
  const { contextLength, dropped } = fitWindow(lengths, {
    ...options,
    limit,
    batchSize,
    prompts: instruct !== null,
  })
  if (start && contextLength > limit) throw new PipelineError('window-too-long', { contextLength, limit })
  const model = start?.config ?? modelConfig(options, vocabSize, contextLength)
  if (dropped > 0) onEvent?.({ type: 'dropped', stories: dropped, of: lengths.stories })
  checkMemory(model, memory)
  const tuning = planTuning(options, model)
  const small = lengths.tokens * 4 < smallCorpusBytes
  const { limits, fit } = planLimits(options, small)
  const optimizer = options.optimizer ?? (tuning.adapter ? 'adamw' : defaultRecipe.optimizer)
  const evaluateEvery = options.evaluateEvery ?? (small ? 50 : 250)
  return {
    source,
    resume: undefined,
    weights: start?.parameters,
    optimizerState: start?.optimizer?.state,
    settings: {
      version: 1,
      data,
      valid,
      ...formatSettings(options),
      heldOut: options.heldOut ?? defaultHeldOut,
      instruct,
      promptLossWeight: options.promptLossWeight ?? 0,
      dropLong: options.dropLong ?? false,
      from: options.from ?? null,
      fromAdapter: options.adapter ?? null,
      keptSteps: start?.optimizer?.steps ?? null,
      ...tuning,
      preset: start ? null : presetOf(options),
      model,
      windowLength: contextLength === model.contextLength ? null : contextLength,
      batchSize,
      learningRate:
        options.learningRate ??
        usualRate(
          start ? { from: true, lora: options.lora !== undefined } : { from: false, optimizer, model },
        ),
      weightDecay: options.weightDecay ?? defaultRecipe.weightDecay,
      cautiousDecay: defaultRecipe.cautiousDecay,
      muonFactor: defaultRecipe.muonFactor,
      separateMaps: defaultRecipe.separateMaps,
      decayShare: defaultRecipe.decayShare,
      optimizer,
      schedule: options.schedule ?? defaultRecipe.schedule,
      warmupSteps:
        options.warmupSteps ??
        Math.min(defaultRecipe.warmupSteps, Math.ceil((limits.steps ?? Number.POSITIVE_INFINITY) / 10)),
      accumulate: options.accumulate ?? defaultRecipe.accumulate,
      labelSmoothing: options.labelSmoothing ?? defaultRecipe.labelSmoothing,
      zLoss: options.zLoss ?? defaultRecipe.zLoss,
      dropout: options.dropout ?? defaultRecipe.dropout,
      averageDecay: options.averageDecay ?? defaultRecipe.averageDecay,
      limits,
      fit,
      tokensPerEpoch:
        limits.epochs === null && options.goal !== 'best' ? null : await countEpoch(source, signal),
      patience: options.patience ?? null,
      onSpike: options.onSpike ?? 'warn',
      sampleEvery: options.sampleEvery ?? null,
      seed: options.seed ?? defaultRecipe.seed,
      engine: options.engine ?? 'auto',
      provider: options.provider ?? null,
      threads: options.threads ?? null,
      workers: options.workers ?? null,
      evaluateEvery,
      checkpointEvery: options.checkpointEvery ?? evaluateEvery,
      keepCheckpoints: options.keepCheckpoints ?? 2,
      prompt: promptOf(
        options,
        await usualPrompt(source.heldOut, { tokenizer, prompts: source.instruct !== null }),
        tokenizer,
        model,
      ),
    },
  }
}

/** The size that is trained unless another is asked for: hours are enough for a larger one. */
function presetOf({ preset, goal }: RunOptions): PresetName {
  return preset ?? (goal === 'best' ? 'story-large' : 'story')
}

function modelConfig(options: RunOptions, vocabSize: number, contextLength: number): GptConfig {
  const { hiddenSize, layers, heads } = options
  return gptConfig(presetOf(options), {
    vocabSize,
    contextLength,
    ...(hiddenSize === undefined ? {} : { hiddenSize }),
    ...(layers === undefined ? {} : { layers }),
    ...(heads === undefined ? {} : { heads }),
  })
}

/** Those that are asked for, else those that token shards were written with. */
async function instructOf(
  options: RunOptions,
  data: string,
  own: InstructTemplate | undefined,
): Promise<InstructSettings | null> {
  const written = options.instruct === undefined ? await shardInstructions(data) : undefined
  if (written) {
    if (options.ood !== undefined) throw new PipelineError('decided-by-shards', { data, option: 'ood' })
    return written
  }
  const instruct = await chosenInstructions(options, own)
  const option = (['promptLossWeight', 'dropLong'] as const).find(name => options[name] !== undefined)
  if (!instruct && option) throw new PipelineError('needs-instruct', { option })
  return instruct
}

/** A prompt that fills the context is refused now, and not after the training. The default one is then left out. */
function promptOf(
  { prompt }: RunOptions,
  usual: string,
  tokenizer: Tokenizer,
  { contextLength }: GptConfig,
): string {
  const chosen = prompt ?? usual
  // The token that ends a story stands before the first.
  const tokens = tokenizer.encode(chosen, { addSpecialTokens: false }).ids.length + 1
  if (tokens < contextLength) return chosen
  if (prompt === undefined) return ''
  throw new PipelineError('prompt-too-long', { tokens, contextLength })
}
