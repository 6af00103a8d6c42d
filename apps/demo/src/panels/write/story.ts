import { batch, type Signal, signal } from '@preact/signals'
import type { HeadId } from '@tinystories/interpret'
import type { Constraints } from '@tinystories/model/generation'
import { describeError } from '../../errors/describe-error.ts'
import type { ModelInfo, OpenProgress } from '../../models/source.ts'
import { choiceOf, isNew, opened, removeChoice } from '../../state/models.ts'
import type { EngineChoice } from '../../workers/engine.ts'
import { createModelClient, type ModelClient } from '../../workers/model-client.ts'
import type { TextExplanation, TokenEvent, WriteArgs, WriteResult } from '../../workers/model-worker.ts'

/** A token of the story as the page shows it. */
export interface StoryToken {
  id: number
  text: string
  /** Undefined for tokens that the visitor gave. */
  probability: number | undefined
}

export interface WriteOptions {
  temperature: number
  topP: number
  seed: number
  maxTokens: number
  ablate?: HeadId[]
  constraints?: Constraints
}

/** A seed for a visitor who did not choose one. */
export function randomSeed(): number {
  return Math.floor(Math.random() * 1e6)
}

/** A story and the model that writes it. */
export class Story {
  readonly tokens: Signal<readonly StoryToken[]> = signal([])
  readonly explanations: Signal<readonly (TextExplanation | undefined)[]> = signal([])
  readonly model: Signal<string | undefined> = signal(undefined)
  readonly info: Signal<ModelInfo | undefined> = signal(undefined)
  /** What is in progress. */
  readonly busy: Signal<'opening' | 'writing' | undefined> = signal(undefined)
  /** Of the model that is being opened, where it is downloaded. */
  readonly download: Signal<OpenProgress | undefined> = signal(undefined)
  readonly problem: Signal<string | undefined> = signal(undefined)
  readonly modelProblem: Signal<string | undefined> = signal(undefined)
  readonly result: Signal<WriteResult | undefined> = signal(undefined)
  /** How many stories were written to their end. */
  readonly count: Signal<number> = signal(0)
  /** The words and features that the story must have. */
  readonly constraints: Signal<Constraints | undefined> = signal(undefined)
  /** While writing, measured from the tokens that arrived. */
  readonly tokensPerSecond: Signal<number> = signal(0)
  #client: ModelClient | undefined
  #engine: EngineChoice = 'auto'
  #running: AbortController | undefined
  #opening: Promise<void> = Promise.resolve()

  get client(): ModelClient {
    this.#client ??= createModelClient(this.#engine)
    return this.#client
  }

  /** Uses another engine from the next story on. */
  useEngine(engine: EngineChoice): void {
    if (engine === this.#engine) return
    this.#engine = engine
    if (!this.#client) return
    // Another engine gets a new worker, which frees what the old one held.
    this.stop()
    void this.#client.close()
    this.#client = undefined
    const key = this.model.value
    this.model.value = undefined
    if (key) void this.open(key)
  }

  /** Replaces the open model. */
  open(key: string): Promise<void> {
    this.stop()
    this.#opening = this.#opening.then(async () => {
      const choice = await choiceOf(key)
      if (!choice || key === this.model.value) return
      const before = this.model.value
      this.busy.value = 'opening'
      this.modelProblem.value = undefined
      this.model.value = key
      try {
        const { source } = choice
        this.info.value = await this.client.call(
          'open',
          { source, ...(isNew(choice) && { keepAs: key }) },
          { onEvent: progress => (this.download.value = progress) },
        )
        opened(key, this.info.value)
      } catch (error) {
        batch(() => {
          this.modelProblem.value = describeError(error)
          // The worker still has the previous model.
          this.model.value = before
          removeChoice(key)
        })
      } finally {
        this.busy.value = undefined
        this.download.value = undefined
      }
    })
    return this.#opening
  }

  /** Writes a new story from a prompt. */
  write(prompt: string, options: WriteOptions): Promise<void> {
    return this.#write({ prompt, ...options })
  }

  /** Continues from a position inside the story with another token. */
  branch(position: number, id: number, options: WriteOptions): Promise<void> {
    const before = this.tokens.value.slice(0, position)
    const ids = [...before.map(token => token.id), id]
    return this.#write({ prompt: '', ids, texts: before.map(token => token.text), ...options })
  }

  stop(): void {
    this.#running?.abort()
  }

  async #write(args: WriteOptions & Pick<WriteArgs, 'prompt' | 'ids' | 'texts'>): Promise<void> {
    this.stop()
    await this.#opening
    if (!this.model.value) return
    const controller = new AbortController()
    this.#running = controller
    const current = (): boolean => this.#running === controller
    batch(() => {
      this.busy.value = 'writing'
      this.problem.value = undefined
      this.result.value = undefined
      this.constraints.value = args.constraints
      this.explanations.value = []
      this.tokens.value = []
      this.tokensPerSecond.value = 0
    })
    const builder = new TokenList()
    let frame = 0
    let first = 0
    const show = (): void => {
      frame = 0
      if (!current()) return
      batch(() => {
        this.tokens.value = builder.list()
        const seconds = (performance.now() - first) / 1000
        if (first > 0 && seconds > 0.05) this.tokensPerSecond.value = (builder.written - 1) / seconds
      })
    }
    try {
      const result = await this.client.call('write', args, {
        signal: controller.signal,
        onEvent: event => {
          if (!current()) return
          builder.push(event)
          if (event.probability !== undefined && first === 0) first = performance.now()
          // Many tokens may come between two frames.
          if (frame === 0) frame = requestAnimationFrame(show)
        },
      })
      show()
      if (current()) {
        this.result.value = result
        this.count.value++
      }
    } catch (error) {
      show()
      if (current() && !controller.signal.aborted) {
        this.problem.value = describeError(error)
      }
    }
    if (!current()) return
    this.busy.value = undefined
    await this.#explain(controller)
  }

  async #explain(controller: AbortController): Promise<void> {
    const ids = this.tokens.value.map(token => token.id)
    if (ids.length < 2) return
    try {
      const explanations = await this.client.call('explain', {
        ...{ ids, choices: 6, constraints: this.constraints.value },
      })
      // A model that is being opened, and may not open, does not change the story.
      if (this.#running === controller && this.busy.value !== 'writing')
        this.explanations.value = explanations
    } catch {
      // Alternatives are optional: the story is complete without them.
    }
  }

  dispose(): void {
    this.stop()
    void this.#client?.close()
    this.#client = undefined
  }
}

/** The text and which token wrote what. */
class TokenList {
  readonly #tokens: { id: number; start: number; probability: number | undefined }[] = []
  #text = ''
  written = 0

  push({ id, start, text, probability }: TokenEvent): void {
    this.#text = this.#text.slice(0, start) + text
    // A token that changes the end of the one before it takes that part over.
    for (const token of this.#tokens) token.start = Math.min(token.start, start)
    this.#tokens.push({ id, start, probability })
    if (probability !== undefined) this.written++
  }

  list(): StoryToken[] {
    return this.#tokens.map(({ id, start, probability }, i) => ({
      id,
      probability,
      text: this.#text.slice(start, this.#tokens[i + 1]?.start),
    }))
  }
}
