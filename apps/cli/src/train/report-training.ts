import { dirname, join } from 'node:path'
import { countParameters } from '@tinystories/model'
import type { Fitted, PlanEvent, RunNeeds, RunSettings, TrainEvent } from '@tinystories/pipeline'
import type { EvaluationResult, RunResult } from '@tinystories/trainer'
import { messageOf } from '../errors/describe-error.ts'
import { commandName, forDisplay, forShell } from '../paths.ts'
import { print } from '../terminal/output.ts'
import { formatDuration, Progress } from '../terminal/progress.ts'
import { ProgressLine } from '../terminal/progress-line.ts'
import { showVocabulary } from '../terminal/vocabulary-progress.ts'
import { formatBytes } from './format-bytes.ts'
import { progressOptions } from './progress-options.ts'

/** Prints what happens while a run is planned and trained. */
export class TrainingReport {
  /** Whether training has begun: from then on there may be a checkpoint. */
  started = false
  /** Operations that the machine does in a second, where they were measured. */
  peakFlops: number | undefined
  /** On all held-out stories, of the best model; null before the end. */
  score: EvaluationResult | null = null
  #vocabulary: ProgressLine | undefined
  #progress: Progress | undefined

  readonly onPlanEvent = (event: PlanEvent): void => {
    switch (event.type) {
      case 'vocabulary':
        this.#vocabulary ??= new ProgressLine()
        showVocabulary(this.#vocabulary, event)
        return
      case 'valid-is-data':
        this.warn(
          '--valid names the stories that are trained on; the held-out score will say nothing about others.',
        )
        return
      case 'dropped':
        this.#note(
          `Left out: ${number(event.stories)} of ${number(event.of)} stories, which do not fit into a window with their instructions`,
        )
        return
      case 'stories':
        this.#endVocabulary()
        this.#note(
          `Stories: ${number(event.stories)} to train on, ${number(event.tokens)} tokens of a vocabulary of ${number(event.vocabSize)}`,
        )
    }
  }

  readonly onTrainEvent = (event: TrainEvent): void => {
    switch (event.type) {
      case 'start':
        this.#start(event)
        return
      case 'fitted':
        this.#note(describeFitted(event))
        return
      case 'needs':
        for (const line of describeNeeds(event)) this.#note(line)
        return
      case 'metrics':
        this.#progress?.update(event.line)
        return
      case 'warning':
        this.warn(event.message)
        return
      case 'end':
        this.#end(event.result)
        return
      case 'score':
        this.score = event.score
        this.#note(describeScore(event.score, this.#settings!))
        return
      case 'story':
        this.#note(`\nA story it wrote:\n\n${event.text}\n`)
        this.#note('Write more:')
        this.#note(
          `  ${commandName()} generate --model ${forShell(this.#folder!)} --prompt "One day, a little dog"`,
        )
    }
  }

  /** Answers an interruption at once: the step may take a while. */
  readonly stopping = (): void => {
    if (this.started) this.#note('Stopping after this step. Its checkpoint is written first.')
  }

  /** A warning, on a line of its own. */
  warn(text: string): void {
    this.#note(`Warning: ${text}`)
  }

  /** Says after an interruption how to continue. @returns the exit code */
  interrupted(folder: string, step: number | undefined): number {
    this.close()
    this.#note(
      `Interrupted${step === undefined ? '' : ` at step ${step}`}; its checkpoint is written. Resume with:`,
    )
    this.#note(`  ${resumeCommand(folder)}`)
    return 130
  }

  /** Ends what renews itself on the terminal. */
  close(): void {
    this.#endVocabulary()
    this.#progress?.end()
  }

  #settings: RunSettings | undefined
  #folder: string | undefined

  #start({ settings, run, trainer, tensorboard }: TrainEvent & { type: 'start' }): void {
    const { model } = settings
    const { engine, step, skippedEngines, selectionReason } = trainer
    this.started = true
    this.#settings = settings
    this.#folder = run.folder
    this.#progress = new Progress({ ...progressOptions(settings), peakFlops: this.peakFlops })
    for (const { name, error } of skippedEngines)
      if (name === 'compiled') this.#note(`Engine ${name} is not used: ${messageOf(error)}`)
    this.#note(
      `Model: ${model.layers} ${model.layers === 1 ? 'layer' : 'layers'}, hidden ${model.hiddenSize}, ${model.heads} heads, context ${model.contextLength}, ${number(countParameters(model).total)} parameters`,
    )
    this.#note(`Engine: ${engine.name} (${engine.description}; ${selectionReason})`)
    this.#note(`Run folder: ${forDisplay(run.folder)}${step > 0 ? `, resumed after step ${step}` : ''}`)
    if (tensorboard) this.#note(`TensorBoard: tensorboard --logdir ${forDisplay(run.tensorboard)}`)
  }

  #end(result: RunResult): void {
    this.#progress?.end()
    if (result.status === 'aborted') return
    if (result.reason === 'early-stopping')
      this.#note(`${this.#settings?.patience} evaluations in a row brought no gain.`)
    this.#note(
      `Trained ${result.step} steps, ${number(result.tokens)} tokens in ${formatDuration(result.seconds)}`,
    )
  }

  #note(text: string): void {
    if (this.#progress) this.#progress.note(text)
    else print(text)
  }

  #endVocabulary(): void {
    this.#vocabulary?.end()
    this.#vocabulary = undefined
  }
}

/** The command that continues a run. */
export function resumeCommand(folder: string): string {
  return `${commandName()} train --resume ${forShell(folder)}`
}

const reasons = { steps: 'as many as were wanted', time: 'as many as there is time for', data: '' }

function describeFitted({ steps, by, epochs, worth }: Fitted): string {
  const passes = epochs === undefined ? '' : `, ${epochs.toFixed(1)} passes over the stories`
  const reason =
    by === 'data'
      ? `after them another pass is worth ${Math.round(100 * worth!)} % of fresh stories: more stories would help more than more steps`
      : reasons[by]
  return `Steps: ${number(steps)}${passes} (${reason})`
}

function describeNeeds({ stateBytes, chinchillaTokens, tokensPerSecond, plannedTokens }: RunNeeds): string[] {
  const time = (tokens: number): string => formatDuration(tokens / tokensPerSecond)
  const needs = `Needs: ${formatBytes(stateBytes)} for weights, gradients and optimizer state, plus activations; ${inMillions(chinchillaTokens)} tokens for its size (20 per parameter), ${time(chinchillaTokens)} at ${number(Math.round(tokensPerSecond))} tokens/s`
  if (!Number.isFinite(plannedTokens)) return [needs]
  return [needs, `This run: ${inMillions(plannedTokens)} tokens, about ${time(plannedTokens)}`]
}

function describeScore(score: EvaluationResult, { data, valid, heldOut }: RunSettings): string {
  const set =
    valid === null
      ? `${Math.round(heldOut * 100)} % held out`
      : valid === join(data, 'held-out') || dirname(valid) === data
        ? 'held out'
        : forDisplay(valid)
  return `Held-out score (${set}, ${number(score.bytes)} bytes): ${score.bitsPerByte.toFixed(3)} bits per byte, ${score.nats.toFixed(3)} nats/token, perplexity ${score.perplexity.toFixed(1)}, ${(score.accuracy * 100).toFixed(1)} % right`
}

function inMillions(tokens: number): string {
  return tokens < 1e5 ? number(Math.round(tokens)) : `${(tokens / 1e6).toFixed(1)} M`
}

const number = (value: number): string => value.toLocaleString('en')
