import type { ChatAccount, ChatReply, ChatRequest, Prices } from '../chat-types.ts'
import { LlmError } from '../errors.ts'
import { costOf, knownPrices, mostInputTokens } from './prices.ts'

/** What is set aside for a call under way. */
export interface Reservation {
  /** The call was answered. Returns its cost, where it is known. */
  paid(usage: ChatReply['usage'] | undefined): number | undefined
  /** The call failed in a way that the server may have charged. */
  mayBePaid(): void
  /** The call cost nothing. */
  free(): void
}

/** Options of {@link Account}. */
export interface AccountOptions {
  model: string
  prices?: Prices | undefined
  budget?: number | undefined
  /** 0.5 where calls cost half. Default 1. */
  discount?: number
}

/** Counts what calls cost and lets none begin that could pass the budget. */
export class Account {
  readonly #options: AccountOptions
  readonly #prices: Prices | undefined
  readonly #maxOutput: number | undefined
  readonly #discount: number
  readonly #counts: ChatAccount = {
    requests: 0,
    cacheHits: 0,
    inputTokens: 0,
    outputTokens: 0,
    cost: 0,
    possibleCost: 0,
    costKnown: true,
  }
  #reserved = 0
  #underWay = 0
  #waiting: (() => void)[] = []

  /** @throws LlmError when there is a budget and no price */
  constructor(options: AccountOptions) {
    const known = knownPrices(options.model)
    this.#options = options
    this.#prices = options.prices ?? known
    this.#maxOutput = known?.maxOutput
    this.#discount = options.discount ?? 1
    this.#counts.costKnown = this.#prices !== undefined
    const { budget, model } = options
    if (budget === undefined) return
    if (!(budget > 0))
      throw new LlmError('invalid-option', {
        option: 'budget',
        value: budget,
        expected: 'US dollars above 0',
      })
    if (this.#prices === undefined) throw new LlmError('no-prices', { model })
  }

  snapshot(): ChatAccount {
    return { ...this.#counts }
  }

  hit(): void {
    this.#counts.cacheHits++
  }

  /**
   * The most a request can cost, in US dollars; 0 without a budget.
   *
   * @param maxTokens what the reply is limited to at the server. Default: what the request says.
   * @throws LlmError `no-token-limit`
   */
  worst(request: ChatRequest, maxTokens: number | undefined = request.maxTokens): number {
    const { budget, model } = this.#options
    if (budget === undefined) return 0
    const outputTokens = maxTokens ?? this.#maxOutput
    if (outputTokens === undefined) throw new LlmError('no-token-limit', { model })
    return this.#price({ inputTokens: mostInputTokens(request), outputTokens })
  }

  /**
   * Sets the worst case aside.
   *
   * @param purpose what it is for, as messages call it
   * @returns undefined when it does not fit now, but may when calls under way have ended
   * @throws LlmError `budget-exceeded` when it cannot fit
   */
  reserve(worst: number, purpose: 'call' | 'batch' = 'call'): Reservation | undefined {
    const { budget } = this.#options
    if (budget !== undefined) {
      const { cost, possibleCost } = this.#counts
      // Sums of many small numbers: a billionth of the budget is no overdraft.
      if (cost + possibleCost + this.#reserved + worst > budget * (1 + 1e-9)) {
        if (this.#underWay > 0) return undefined
        throw this.#exceeded(budget, worst, purpose)
      }
    }
    this.#reserved += worst
    this.#underWay++
    let settled = false
    const settle = (): void => {
      if (settled) throw new Error('a reservation was settled twice')
      settled = true
      this.#reserved -= worst
      if (--this.#underWay === 0) this.#reserved = 0
      for (const wake of this.#waiting.splice(0)) wake()
    }
    return {
      paid: usage => {
        const cost = this.charge(usage, worst)
        settle()
        return cost
      },
      mayBePaid: () => {
        this.#counts.possibleCost += worst
        settle()
      },
      free: settle,
    }
  }

  /** Resolves when the next call under way has ended. */
  settled(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  /** Counts an exchange that was paid, within the budget or not. @returns its cost, where it is known */
  charge(usage: ChatReply['usage'] | undefined, worst = 0): number | undefined {
    this.#counts.requests++
    if (usage === undefined) {
      this.#counts.costKnown = false
      this.#counts.possibleCost += worst
      return undefined
    }
    this.#counts.inputTokens += usage.inputTokens
    this.#counts.outputTokens += usage.outputTokens
    if (this.#prices === undefined) return undefined
    const cost = this.#price(usage)
    this.#counts.cost += cost
    return cost
  }

  #price(usage: ChatReply['usage']): number {
    return this.#prices === undefined ? 0 : costOf(usage, this.#prices) * this.#discount
  }

  #exceeded(budget: number, needed: number, purpose: 'call' | 'batch'): LlmError {
    const { cost, possibleCost, requests } = this.#counts
    return new LlmError('budget-exceeded', {
      budget,
      spent: cost + possibleCost,
      calls: requests,
      needed,
      purpose,
    })
  }
}
