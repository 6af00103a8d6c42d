import { type Signal, signal } from '@preact/signals'
import {
  type ChatClient,
  type ClientEvent,
  createChatClient,
  knownPrices,
  type Prices,
} from '@tinystories/llm'
import { keptField } from '../../state/kept-field.ts'

/** Common servers. */
export const servers: readonly { label: string; baseURL: string }[] = [
  { label: 'OpenAI', baseURL: 'https://api.openai.com/v1' },
  { label: 'Ollama on this machine', baseURL: 'http://localhost:11434/v1' },
  { label: 'llama.cpp on this machine', baseURL: 'http://localhost:8080/v1' },
  { label: 'LM Studio on this machine', baseURL: 'http://localhost:1234/v1' },
  { label: 'vLLM on this machine', baseURL: 'http://localhost:8000/v1' },
]

/** The judge model, its server, and what judging may cost. */
export class Judge {
  readonly baseURL: Signal<string> = keptField('judge-url', servers[0]!.baseURL)
  readonly model: Signal<string> = keptField('judge-model', 'gpt-4o-mini')
  /** US dollars for all judging in this page. */
  readonly budget: Signal<string> = keptField('judge-budget', '0.50')
  readonly inputPrice: Signal<string> = keptField('judge-input-price', '')
  readonly outputPrice: Signal<string> = keptField('judge-output-price', '')
  readonly hasKey: Signal<boolean> = signal(false)
  /** Kept here only: in no signal, attribute or storage. */
  #key = ''
  #keyOrigin = ''

  /** Keeps a key in memory, for the current server. */
  keep(key: string): void {
    this.#key = key.trim()
    this.#keyOrigin = originOf(this.baseURL.value)
    this.hasKey.value = this.#key !== ''
  }

  forget(): void {
    this.keep('')
  }

  /** A key belongs to one server; another server must not receive it. */
  useServer(baseURL: string): void {
    this.baseURL.value = baseURL
    if (this.hasKey.value && originOf(baseURL) !== this.#keyOrigin) this.forget()
  }

  /** What is wrong with the settings, in one line. */
  problem(): string | undefined {
    const url = URL.canParse(this.baseURL.value) ? new URL(this.baseURL.value) : undefined
    if (!url || !/^https?:$/.test(url.protocol))
      return 'The server address is not a URL. Enter one, for example http://localhost:11434/v1.'
    if (url.username || url.password || url.search)
      return 'The server address contains a user, a password or parameters. Enter the key in its own field.'
    if (this.model.value.trim() === '') return 'Enter the name of the judge model, for example gpt-4o-mini.'
    const budget = Number(this.budget.value)
    if (this.budget.value.trim() !== '' && !(budget > 0))
      return 'The budget must be a number of dollars above 0.'
    if (this.#typedPrices() === null)
      return 'A price must be a number of dollars. Enter both prices or neither.'
    if (this.budget.value.trim() !== '' && this.prices() === undefined)
      return `The price of ${this.model.value} is not known, so a budget cannot be enforced. Enter its prices, or clear the budget.`
    return undefined
  }

  /** Dollars per million tokens; undefined when not known. A server on this machine is free. */
  prices(): Prices | undefined {
    return (
      this.#typedPrices() ?? (this.isLocal() ? { input: 0, output: 0 } : knownPrices(this.model.value.trim()))
    )
  }

  isLocal(): boolean {
    const host = URL.canParse(this.baseURL.value) ? new URL(this.baseURL.value).hostname : ''
    return host === 'localhost' || host === '[::1]' || host.endsWith('.localhost') || host.startsWith('127.')
  }

  /** @param spent dollars of the budget that earlier judging used */
  open(spent: number, onEvent: (event: ClientEvent) => void): ChatClient {
    const prices = this.prices()
    const budget = this.budget.value.trim() === '' ? undefined : Number(this.budget.value)
    const sameOrigin = originOf(this.baseURL.value) === this.#keyOrigin
    return createChatClient({
      model: this.model.value.trim(),
      baseURL: this.baseURL.value.trim(),
      // Servers without authentication accept any key.
      apiKey: sameOrigin && this.#key !== '' ? this.#key : 'none',
      maxConcurrency: 16,
      onEvent,
      ...(prices ? { prices } : {}),
      ...(budget !== undefined && prices ? { budget: Math.max(1e-9, budget - spent) } : {}),
    })
  }

  /** Undefined when no price was typed, null when one is not a number. */
  #typedPrices(): Prices | undefined | null {
    const [input, output] = [this.inputPrice.value.trim(), this.outputPrice.value.trim()]
    if (input === '' && output === '') return undefined
    const prices = { input: Number(input), output: Number(output) }
    const good = input !== '' && output !== '' && prices.input >= 0 && prices.output >= 0
    return good ? prices : null
  }
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : ''
}
