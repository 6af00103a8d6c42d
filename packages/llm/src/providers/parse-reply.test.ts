import { expect, test } from 'vitest'
import { parseReply } from './parse-reply.ts'

const completion = (message: object, finish_reason: string | null = 'stop', more: object = {}): unknown => ({
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason, ...more }],
  usage: { prompt_tokens: 3, completion_tokens: 4 },
})

test.each([
  ['a text', { content: 'Hello' }, 'Hello', undefined],
  ['no content', {}, '', undefined],
  ['null', { content: null }, '', undefined],
  [
    'pieces',
    {
      content: [
        { type: 'text', text: 'Hel' },
        { type: 'text', text: 'lo' },
      ],
    },
    'Hello',
    undefined,
  ],
  ['pieces of plain text', { content: ['Hel', 'lo'] }, 'Hello', undefined],
  [
    'thoughts as pieces',
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Grammar: 3?' }] },
        { type: 'text', text: 'Grammar: 7' },
      ],
    },
    'Grammar: 7',
    'Grammar: 3?',
  ],
  ['thoughts alone', { content: [{ type: 'thinking', thinking: 'Hm.' }] }, '', 'Hm.'],
  ['reasoning_content', { content: 'Hello', reasoning_content: 'Hm.' }, 'Hello', 'Hm.'],
  ['reasoning', { content: '', reasoning: 'Hm.' }, '', 'Hm.'],
  ['a refusal', { content: null, refusal: 'I cannot.' }, 'I cannot.', undefined],
])('%s', (_, message, text, reasoning) => {
  const reply = parseReply(completion(message))
  expect(reply?.text).toBe(text)
  expect(reply?.reasoning).toBe(reasoning)
  expect(reply?.usage).toEqual({ inputTokens: 3, outputTokens: 4 })
})

test.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['MAX_TOKENS', 'length'],
  ['end_turn', 'stop'],
  ['SAFETY', 'content_filter'],
  [null, 'stop'],
  ['tool_calls', 'tool_calls'],
])('the reason %s means %s', (reason, meaning) => {
  expect(parseReply(completion({ content: 'a' }, reason))?.finishReason).toBe(meaning)
})

test('a refusal counts as filtered, usage and log-probabilities may be missing', () => {
  expect(parseReply(completion({ content: null, refusal: 'No.' }))?.finishReason).toBe('content_filter')
  const bare = { choices: [{ message: { content: 'a' } }] }
  expect(parseReply(bare)).toEqual({ text: 'a', finishReason: 'stop', model: '', usage: undefined })
  expect(parseReply({ ...bare, usage: { prompt_tokens: 3 } })?.usage).toBeUndefined()
  const logprobs = {
    content: [{ token: 'a', logprob: -0.1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2 }] }],
  }
  expect(parseReply(completion({ content: 'a' }, 'stop', { logprobs }))?.logprobs).toEqual([
    { token: 'a', logprob: -0.1, top: [{ token: 'b', logprob: -2 }] },
  ])
})

test.each([
  ['null', null],
  ['a list', []],
  ['no choices', {}],
  ['an empty list of choices', { choices: [] }],
  ['a choice without a message', { choices: [{ finish_reason: 'stop' }] }],
  ['a number for a text', completion({ content: 3 })],
  ['an object for a text', completion({ content: { text: 'a' } })],
  ['a text for tokens', { ...(completion({ content: 'a' }) as object), usage: { prompt_tokens: '<img>' } }],
  [
    'log-probabilities of another form',
    completion({ content: 'a' }, 'stop', { logprobs: { content: [{ token: 1 }] } }),
  ],
])('%s is no completion', (_, value) => {
  expect(parseReply(value)).toBeUndefined()
})
