import { batch, type Signal, signal } from '@preact/signals'
import {
  type Completion,
  createMemoryJournal,
  type Grading,
  type GradingRun,
  generateCompletions,
  grade,
  type Journal,
  type Prompt,
  type Report,
  rubricVersion,
  storyRubric,
} from '@tinystories/grader'
import { LlmError } from '@tinystories/llm'
import { WorkerClient } from '@tinystories/utils/workers'
import { describeError } from '../../errors/describe-error.ts'
import { PageError } from '../../errors/page-error.ts'
import type { OpenProgress } from '../../models/source.ts'
import { engineChoice } from '../../state/engine.ts'
import { keptField } from '../../state/kept-field.ts'
import { choices, isNew, type ModelChoice, opened, removeChoice } from '../../state/models.ts'
import { createModelClient, type ModelClient } from '../../workers/model-client.ts'
import { UNKNOWN_SCRIPT } from '../../workers/unknown-share.ts'
import { randomSeed } from '../write/story.ts'
import { completePrompt } from './complete-prompt.ts'
import { Judge } from './judge.ts'
import { parsePrompts, samplePrompts } from './prompts.ts'
import type { ReportWorkerMethods } from './report-worker.ts'
import reportWorker from './report-worker.ts?thread'

/** One model, and what it wrote so far. */
export interface ModelEntry {
  key: string
  name: string
  completions: readonly Completion[]
}

export interface WritingProgress {
  name: string
  done: number
  total: number
  /** The prompt that is being completed. */
  prompt: string
  text: string
  /** Of the model, before it writes. */
  download?: OpenProgress
}

export interface JudgingProgress {
  done: number
  total: number
  secondsLeft: number | undefined
  /** A message about the server, for example that it limits the rate. */
  note?: string
}

const MAX_TOKENS = 200

/** All that is going on in the panel. */
export class GradeSession {
  readonly judge: Judge = new Judge()
  readonly prompts: Signal<string> = keptField('grade-prompts', samplePrompts(4))
  readonly trials: Signal<number> = keptField('grade-trials', 1)
  readonly temperature: Signal<number> = keptField('grade-temperature', 0.7)
  readonly chosen: Signal<readonly string[]> = keptField('grade-chosen', [] as readonly string[])
  readonly entries: Signal<readonly ModelEntry[]> = signal([])
  readonly writing: Signal<WritingProgress | undefined> = signal(undefined)
  readonly judging: Signal<JudgingProgress | undefined> = signal(undefined)
  readonly writeProblem: Signal<string | undefined> = signal(undefined)
  readonly judgeProblem: Signal<string | undefined> = signal(undefined)
  /** The judge's server does not answer this page. */
  readonly isUnreachable: Signal<boolean> = signal(false)
  readonly fileProblem: Signal<string | undefined> = signal(undefined)
  /** Of what was written here; of as much as is judged. */
  readonly report: Signal<Report | undefined> = signal(undefined)
  /** Of what was written here, from the texts alone. */
  readonly estimates: Signal<Report | undefined> = signal(undefined)
  /** A finished one, from a file or an address. */
  readonly opened: Signal<Report | undefined> = signal(undefined)
  /** Dollars that judging in this page has cost; undefined while a price was not known. */
  readonly spent: Signal<number> = signal(0)
  readonly spentKnown: Signal<boolean> = signal(true)
  /** All that was asked for is written, or judged. */
  readonly written: Signal<boolean> = signal(false)
  readonly judged: Signal<boolean> = signal(false)
  /** A model did not know most characters of a prompt. */
  readonly isUnknownScript: Signal<boolean> = signal(false)
  #seed = randomSeed()
  #texts = new Map<string, string>()
  #journals = new Map<string, Journal>()
  #gradings = new Map<string, Grading[]>()
  #running: AbortController | undefined
  #reports: WorkerClient<ReportWorkerMethods> | undefined
  #building = false
  #isStale = false

  stop(): void {
    this.#running?.abort()
  }

  /** Writes what is missing. What a stopped writing left is taken as it is. */
  async write(): Promise<void> {
    const models = choices.value.filter(choice => this.chosen.value.includes(choice.key))
    let prompts: Prompt[]
    this.writeProblem.value = undefined
    try {
      if (models.length === 0) throw new PageError('no-model-chosen', {})
      prompts = parsePrompts(this.prompts.value)
    } catch (error) {
      this.writeProblem.value = describeError(error)
      return
    }
    if (this.written.value) this.#seed = randomSeed()
    const controller = this.#start()
    batch(() => {
      this.written.value = false
      this.isUnknownScript.value = false
      this.judged.value = false
      this.opened.value = undefined
      this.report.value = undefined
      this.estimates.value = undefined
      this.entries.value = models.map(({ key, label }) => ({ key, name: label, completions: [] }))
    })
    this.#gradings.clear()
    const client = createModelClient(engineChoice.value)
    try {
      for (const model of models) await this.#writeAll(client, model, prompts, controller.signal)
      this.written.value = true
      await this.#estimate()
    } catch (error) {
      if (!controller.signal.aborted) this.writeProblem.value = describeError(error)
    } finally {
      void client.close()
      this.writing.value = undefined
    }
  }

  async #estimate(): Promise<void> {
    const models = this.entries.value.filter(({ completions }) => completions.length > 0)
    this.estimates.value = await this.#worker().call('estimate', { models })
  }

  async #writeAll(
    client: ModelClient,
    model: ModelChoice,
    prompts: readonly Prompt[],
    signal: AbortSignal,
  ): Promise<void> {
    const [trials, temperature] = [this.trials.value, this.temperature.value]
    const total = prompts.length * trials
    let isOpen = false
    let done = 0
    const keyOf = ({ text }: Prompt, seed: number): string =>
      JSON.stringify([model.key, text, seed, temperature])
    const generate = async ({ prompt, seed }: { prompt: Prompt; seed: number }): Promise<string> => {
      const show = (text: string): void => {
        this.writing.value = { name: model.label, done, total, prompt: prompt.text, text }
      }
      const kept = this.#texts.get(keyOf(prompt, seed))
      if (kept !== undefined) return kept
      show('')
      if (!isOpen) await this.#open(client, model)
      isOpen = true
      const options = { temperature, topP: 0.95, seed, maxTokens: MAX_TOKENS }
      const { text, unknownShare } = await completePrompt(client, prompt.text, {
        ...options,
        signal,
        onText: show,
      })
      if (unknownShare > UNKNOWN_SCRIPT) this.isUnknownScript.value = true
      this.#texts.set(keyOf(prompt, seed), text)
      return text
    }
    const source = { prompts, generate, seed: this.#seed }
    for await (const completion of generateCompletions(source, { trials, signal })) {
      done++
      this.entries.value = this.entries.value.map(entry =>
        entry.key === model.key ? { ...entry, completions: [...entry.completions, completion] } : entry,
      )
    }
  }

  async #open(client: ModelClient, choice: ModelChoice): Promise<void> {
    const { key, label, source } = choice
    try {
      const onEvent = (download: OpenProgress): void => {
        if (this.writing.value) this.writing.value = { ...this.writing.value, download }
      }
      const info = await client.call('open', { source, ...(isNew(choice) && { keepAs: key }) }, { onEvent })
      opened(key, info)
    } catch (error) {
      batch(() => {
        removeChoice(key)
        this.chosen.value = this.chosen.value.filter(each => each !== key)
        this.entries.value = this.entries.value.filter(entry => entry.key !== key)
      })
      throw new PageError(
        'model-not-opened',
        { model: label, problem: describeError(error) },
        { cause: error },
      )
    }
  }

  /** Has everything judged that is not yet; what was judged before is not paid again. */
  async judgeAll(): Promise<void> {
    this.judgeProblem.value = this.judge.problem()
    this.isUnreachable.value = false
    if (this.judgeProblem.value) return
    const entries = this.entries.value.filter(entry => entry.completions.length > 0)
    const controller = this.#start()
    const total = entries.reduce((sum, { completions }) => sum + completions.length, 0)
    const before = this.spent.value
    const start = performance.now()
    let done = 0
    let resumed = 0
    let note: string | undefined
    const show = (): void => {
      const pace = done > resumed ? (performance.now() - start) / 1000 / (done - resumed) : undefined
      this.judging.value = {
        done,
        total,
        secondsLeft: pace === undefined ? undefined : pace * (total - done),
        ...(note === undefined ? {} : { note }),
      }
    }
    this.opened.value = undefined
    this.#gradings.clear()
    show()
    try {
      const client = this.judge.open(before, event => {
        note =
          event.type === 'limited'
            ? `The server limits the rate: ${Math.floor(event.concurrency)} requests at a time.`
            : event.type === 'retry'
              ? `Retrying: ${event.error.problem}`
              : 'The server was asked in another way after a refusal.'
        show()
      })
      const count = (): void => {
        const { cost, costKnown } = client.account()
        this.spent.value = before + cost
        this.spentKnown.value = costKnown && this.judge.prices() !== undefined
      }
      const journal = this.#journal(this.judge.baseURL.value)
      const all = entries.map(async entry => {
        const gradings: Grading[] = []
        this.#gradings.set(entry.key, gradings)
        let last = 0
        const run = await grade(entry.completions, {
          judge: client,
          name: entry.name,
          journal,
          // A judge that fails with all of them says why.
          maxFailures: Math.min(3, entry.completions.length),
          signal: controller.signal,
          onGrading: grading => {
            gradings.push(grading)
            done++
            if (grading.status === 'graded') note = undefined
            count()
            void this.#refresh()
          },
          onProgress: progress => {
            resumed += progress.resumed - last
            last = progress.resumed
            show()
          },
        }).catch(error => {
          // No other model's judging would escape it.
          controller.abort(error)
          throw error
        })
        this.#gradings.set(entry.key, run.gradings)
      })
      const ended = await Promise.allSettled(all)
      count()
      if (ended.some(({ status }) => status === 'rejected')) throw controller.signal.reason
      const failures = [...this.#gradings.values()].flat().filter(({ judgment }) => !judgment)
      this.judged.value = failures.length === 0
    } catch (error) {
      if ((error as Error).name !== 'AbortError') {
        this.judgeProblem.value = describeError(error)
        this.isUnreachable.value = isUnreachable(error)
      }
    } finally {
      this.judging.value = undefined
      void this.#refresh()
    }
  }

  /** The scores of one completion, if it has any. */
  gradingOf(entry: ModelEntry, { promptId, trial }: Completion): Grading | undefined {
    return this.#gradings
      .get(entry.key)
      ?.find(({ completion }) => completion.promptId === promptId && completion.trial === trial)
  }

  async openFiles(files: File[]): Promise<void> {
    this.fileProblem.value = undefined
    try {
      this.opened.value = await this.#worker().call('read', { files })
    } catch (error) {
      this.fileProblem.value = describeError(error)
    }
  }

  async openAddress(url: string): Promise<void> {
    this.fileProblem.value = undefined
    try {
      this.opened.value = await this.#worker().call('readAddress', { url })
    } catch (error) {
      this.fileProblem.value = describeError(error)
    }
  }

  /** @returns the report as a file's text */
  render(kind: 'html' | 'json', report: Report): Promise<string> {
    return this.#worker().call(kind, { report })
  }

  dispose(): void {
    this.stop()
    this.judge.forget()
    void this.#reports?.close()
    this.#reports = undefined
  }

  #start(): AbortController {
    this.stop()
    this.#running = new AbortController()
    return this.#running
  }

  /** Scores of one server's model are not those of another server's. */
  #journal(baseURL: string): Journal {
    const journal = this.#journals.get(baseURL) ?? createMemoryJournal()
    this.#journals.set(baseURL, journal)
    return journal
  }

  /** Rebuilds the report, once for all scores that arrive while one is being built. */
  async #refresh(): Promise<void> {
    this.#isStale = true
    if (this.#building) return
    this.#building = true
    try {
      while (this.#isStale) {
        this.#isStale = false
        const runs = this.#runs()
        if (runs.some(({ gradings }) => gradings.length > 0))
          this.report.value = await this.#worker().call('build', { runs })
      }
    } catch (error) {
      this.judgeProblem.value = describeError(error)
    } finally {
      this.#building = false
    }
  }

  #runs(): GradingRun[] {
    return this.entries.value.flatMap(entry => {
      const gradings = entry.completions.flatMap(completion => this.gradingOf(entry, completion) ?? [])
      const judge = this.judge.model.value.trim()
      const version = rubricVersion(storyRubric)
      return gradings.length === 0
        ? []
        : [{ name: entry.name, judge, rubric: storyRubric, rubricVersion: version, gradings }]
    })
  }

  #worker(): WorkerClient<ReportWorkerMethods> {
    this.#reports ??= new WorkerClient<ReportWorkerMethods>(
      new Worker(reportWorker, { type: 'module', name: 'report' }),
      'report',
    )
    return this.#reports
  }
}

/** Whether the server could not be reached, as an error itself or as the cause of one. */
function isUnreachable(error: unknown): boolean {
  if (LlmError.isInstance(error)) return error.code === 'unreachable'
  return error instanceof Error && isUnreachable(error.cause)
}
