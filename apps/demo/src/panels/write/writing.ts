import { type Signal, signal } from '@preact/signals'
import { featureLabels } from '../../constraints/feature-labels.ts'
import { describeError } from '../../errors/describe-error.ts'
import { PageError } from '../../errors/page-error.ts'
import {
  type Address,
  type Branches,
  formatBranches,
  numberOf,
  parseBranches,
  record,
} from '../../state/address.ts'
import { keptFields } from '../../state/kept-field.ts'
import { choiceOf } from '../../state/models.ts'
import type { ChosenConstraints } from './constraints-form.tsx'
import { randomSeed, Story } from './story.ts'

const MAX_TOKENS = 220
/** The model that the page opens with. */
const FIRST = 'medium'
/** The prompt of a story that is given words and features only. */
const PLAIN_PROMPT = 'Once upon a time,'

/** What a story is written from. */
interface Request {
  prompt: string
  temperature: number
  topP: number
  seed: number
  /** The words and features that are chosen, where the story is not given a prompt. */
  chosen: ChosenConstraints | undefined
}

/** The fields of the Write panel, and the story that is written from them. */
export class Writing {
  readonly story: Story = new Story()
  readonly fields = keptFields('write', {
    prompt: 'Once upon a time, there was a little fox who',
    temperature: 0.8,
    topP: 0.95,
    seed: randomSeed(),
    keepSeed: false,
    tinted: true,
    isConstrained: false,
    chosen: {
      verb: 'hide',
      noun: 'spoon',
      adjective: 'brave',
      features: ['Dialogue', 'MoralValue'],
    } as ChosenConstraints,
  })
  readonly #branches: Signal<Branches> = signal([])
  /** Of the story that is shown; the fields may have changed since. */
  #request: Request | undefined
  #turn = 0

  /** Writes another story from the fields. */
  write(): Promise<void> {
    const { keepSeed, seed } = this.fields
    if (!keepSeed.value && this.story.tokens.value.length > 0) seed.value = randomSeed()
    this.#turn++
    return this.#begin(this.#requestOf({}))
  }

  /** Continues the story from a position with another token. */
  branch(position: number, id: number): Promise<void> {
    const { temperature, topP, seed } = this.fields
    this.#turn++
    const request = this.#request ?? this.#requestOf({})
    return this.#branch(position, id, {
      ...request,
      temperature: temperature.value,
      topP: topP.value,
      seed: seed.value,
    })
  }

  /** Writes with another model. */
  async use(key: string): Promise<void> {
    await this.story.open(key)
    if (this.story.model.peek() === key) await this.write()
  }

  /**
   * Writes the story of an address.
   *
   * @param isReturn whether the fields stay as they were left, which may not be as the story was written
   */
  async open(values: Address['values'], { isReturn = false } = {}): Promise<void> {
    const turn = ++this.#turn
    const request = this.#requestOf(values)
    if (!isReturn) this.#show(request, values)
    await this.#openModel(values.model ?? '')
    if (turn !== this.#turn) return
    await this.#begin(request)
    for (const [position, id] of parseBranches(values.branches ?? '') ?? []) {
      if (turn !== this.#turn) return
      if (position < this.story.tokens.peek().length) await this.#branch(position, id, request)
    }
  }

  /** Opens the model of an address, or one that can write in its place, and says why. */
  async #openModel(wanted: string): Promise<void> {
    const { model, modelProblem } = this.story
    const choice = await choiceOf(wanted)
    await this.story.open(choice?.key ?? model.peek() ?? FIRST)
    const problem =
      wanted && !choice ? describeError(new PageError('model-elsewhere', {})) : modelProblem.peek()
    if (model.peek() === undefined) await this.story.open(FIRST)
    modelProblem.value = problem
  }

  /** What the fields say, and an address in their place. */
  #requestOf(values: Address['values']): Request {
    const { prompt, temperature, topP, seed, chosen, isConstrained } = this.fields
    const hasWay = values.words !== undefined || values.prompt !== undefined
    return {
      prompt: values.prompt ?? prompt.peek(),
      temperature: numberOf(values.temperature, [0, 1.5], temperature.peek()),
      topP: numberOf(values['top-p'], [0.05, 1], topP.peek()),
      seed: Math.floor(numberOf(values.seed, [0, Number.MAX_SAFE_INTEGER], seed.peek())),
      chosen: hasWay ? constraintsOf(values) : isConstrained.peek() ? chosen.peek() : undefined,
    }
  }

  #show({ prompt, temperature, topP, seed, chosen }: Request, values: Address['values']): void {
    this.fields.prompt.value = prompt
    this.fields.temperature.value = temperature
    this.fields.topP.value = topP
    this.fields.seed.value = seed
    this.fields.keepSeed.value = values.seed !== undefined
    this.fields.isConstrained.value = chosen !== undefined
    if (chosen) this.fields.chosen.value = chosen
  }

  #begin(request: Request): Promise<void> {
    this.#branches.value = []
    this.#record(request)
    const prompt = request.chosen ? PLAIN_PROMPT : request.prompt
    return this.story.write(prompt, optionsOf(request))
  }

  #branch(position: number, id: number, request: Request): Promise<void> {
    const before = this.#branches.value.filter(([other]) => other < position)
    this.#branches.value = [...before, [position, id]]
    this.#record(request)
    return this.story.branch(position, id, optionsOf(request))
  }

  #record(request: Request): void {
    this.#request = request
    const { prompt, temperature, topP, seed, chosen } = request
    record('write', {
      model: this.story.model.peek() ?? FIRST,
      ...(chosen
        ? {
            words: [chosen.verb, chosen.noun, chosen.adjective].join(','),
            features: chosen.features.join(','),
          }
        : { prompt }),
      seed: String(seed),
      temperature: String(temperature),
      'top-p': String(topP),
      branches: formatBranches(this.#branches.value),
    })
  }
}

function optionsOf({ temperature, topP, seed, chosen }: Request) {
  const options = { temperature, topP, seed, maxTokens: MAX_TOKENS }
  if (!chosen) return options
  const { verb, noun, adjective, features } = chosen
  const words = [adjective, noun, verb].filter(word => word !== '')
  return { ...options, constraints: { words, features: [...features] } }
}

/** The words and features of an address; undefined for one with a prompt. */
function constraintsOf({ words, features = '' }: Address['values']): ChosenConstraints | undefined {
  if (words === undefined) return undefined
  const [verb = '', noun = '', adjective = ''] = words.split(',')
  return { verb, noun, adjective, features: features.split(',').filter(name => featureLabels.has(name)) }
}
