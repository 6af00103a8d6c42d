import type { LlmErrorDetails } from '@tinystories/llm'
import { flagOf } from './flag-of.ts'
import { own, type Wording } from './wording.ts'

export const llmError: Wording<LlmErrorDetails> = {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${flagOf(option)} is ${JSON.stringify(value)}.`,
    remedy: `Give ${expected}.`,
  }),
  'invalid-request': own,
  'invalid-key': ({ problem }) => ({
    remedy:
      problem === 'missing'
        ? 'Set OPENAI_API_KEY, or name a file that holds the key with --key-file.'
        : 'Set OPENAI_API_KEY, or the file of --key-file, to the key alone.',
  }),
  'no-prices': () => ({
    remedy: 'Give its prices with --prices: US dollars for a million tokens of input and output.',
  }),
  'no-token-limit': () => ({ remedy: 'Leave out --budget, or choose a model whose limit is known.' }),
  'budget-exceeded': () => ({
    remedy: 'Raise --budget and run the same command again: replies that were paid are kept.',
  }),
  authentication: () => ({
    remedy: 'Check OPENAI_API_KEY or --key-file, and that the key may use this model.',
  }),
  'unknown-model': ({ model }) => ({ remedy: `Check --model ${model}.` }),
  'unknown-endpoint': () => ({ remedy: 'Check --server; it usually ends in /v1.' }),
  'quota-exceeded': own,
  'request-refused': own,
  moderated: own,
  unreachable: () => ({ remedy: 'Check --server and that the server runs.' }),
  'connection-failed': own,
  'server-failed': own,
  'rate-limited': () => ({ remedy: 'Lower --requests-per-minute or --concurrency.' }),
  'invalid-reply': () => ({ remedy: "Check that --server speaks OpenAI's protocol." }),
  timeout: () => ({ remedy: 'Raise --timeout, or check that the server runs.' }),
  deadline: () => ({ remedy: 'Run the same command again: replies that came are kept.' }),
  'foreign-cache': () => ({ remedy: 'Choose another --cache, or delete this one.' }),
  'cache-unusable': () => ({ remedy: 'Choose another --cache or free some space.' }),
  'cache-in-page': () => ({ remedy: 'Leave out --cache.' }),
  'no-batches': () => ({ remedy: 'Leave out --batch, or choose another --server.' }),
  'batch-refused': own,
  'batch-cancelled': () => ({ remedy: 'Run the same command again to send what is missing.' }),
  'batch-deadline': () => ({ remedy: 'Run the same command again to continue with it.' }),
  'batch-incomplete': own,
  'batch-request-failed': own,
  'state-unusable': () => ({ remedy: 'Choose another --out or free some space.' }),
  'foreign-state': () => ({ remedy: 'Choose another --out, or delete this file.' }),
  'other-state': () => ({ remedy: 'Choose another --out, or finish those first.' }),
}
