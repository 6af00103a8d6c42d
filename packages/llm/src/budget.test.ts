import { expect, test } from 'vitest'
import { createChatClient, knownPrices, LlmError } from './index.ts'
import { failureOf } from './test-helpers/failure-of.ts'
import { say, serve } from './test-helpers/serve.ts'

const prices = { input: 100, output: 100 }

test('calls in flight never pass the budget together, and what fits is made', async () => {
  const server = await serve({ latency: 5, respond: () => 'four letters each here' })
  // A call may cost $0.0153 and costs $0.0014.
  const budget = 0.05
  const client = createChatClient({ model: 'm', baseURL: server.baseURL, apiKey: 'any', prices, budget })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, i) => client.complete({ ...say(`call ${100 + i}`), maxTokens: 100 })),
  )
  const { cost, requests } = client.account()
  expect(cost).toBeLessThanOrEqual(budget)
  // It goes on until the worst case of one more call would not fit.
  expect(cost).toBeGreaterThan(budget - 0.0153 - 0.0014)
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(requests)
  expect(server.counts().delivered).toBe(requests)
  const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult
  expect(LlmError.isInstance(refused.reason)).toBe(true)
  expect(refused.reason).toMatchObject({
    code: 'budget-exceeded',
    details: { budget, purpose: 'call', calls: requests },
  })
})

test('replies that broke off count at their worst', async () => {
  const server = await serve({ faults: { halfReply: 1 } })
  const client = createChatClient({
    model: 'm',
    baseURL: server.baseURL,
    apiKey: 'any',
    prices,
    budget: 0.05,
    retryDelay: 1,
  })
  const error = await failureOf(client.complete({ ...say('hello'), maxTokens: 100 }))
  expect(error.code).toBe('budget-exceeded')
  expect(client.account().possibleCost).toBeLessThanOrEqual(0.05)
  expect(client.account().possibleCost).toBeGreaterThan(0.03)
})

test('listed models are known with a date behind their name', () => {
  expect(knownPrices('gpt-4o-mini-2024-07-18')).toEqual(knownPrices('gpt-4o-mini'))
  expect(knownPrices('gpt-4-0613')).toEqual(knownPrices('gpt-4'))
  expect(knownPrices('llama-3')).toBeUndefined()
})
