/** Writes on from a text: pieces as they come, until it is at its end or stopped. */
export type Continue = (
  text: string,
  options: { seed: number; temperature: number; signal: AbortSignal },
) => AsyncIterable<string>

/** A story in the making: what a person gave and what the model added last. */
export class Draft {
  /** How boldly the model writes. */
  temperature: number
  #given: string
  #added = ''
  #seed: number
  readonly #continue: Continue

  constructor(text: string, next: Continue, { seed, temperature }: { seed: number; temperature: number }) {
    this.#given = text
    this.#continue = next
    this.#seed = seed
    this.temperature = temperature
  }

  get text(): string {
    return this.#given + this.#added
  }

  /** Starts from another text. */
  set text(text: string) {
    this.#given = text
    this.#added = ''
  }

  /** Lets the model write on, and yields what it writes. What was written before an interruption stays. */
  async *write(signal: AbortSignal): AsyncGenerator<string> {
    this.text = this.#given + this.#added
    const options = { seed: this.#seed++, temperature: this.temperature, signal }
    try {
      for await (const piece of this.#continue(this.#given, options)) {
        this.#added += piece
        yield piece
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** Takes back what the model wrote last. */
  undo(): void {
    this.#added = ''
  }

  /** Continuations to choose from, of which none is taken yet. */
  async alternatives(count: number, signal: AbortSignal): Promise<string[]> {
    const texts: string[] = []
    for (let i = 0; i < count && !signal.aborted; i++) {
      let text = ''
      for await (const piece of this.write(signal)) text += piece
      this.undo()
      if (!signal.aborted) texts.push(text)
    }
    return texts
  }

  /** Takes one of the alternatives. */
  take(text: string): void {
    this.text = this.text
    this.#added = text
  }
}
