import { defineError, type ErrorClass, type ErrorOf, showValue } from '@tinystories/utils/errors'

/** What a server answered. `said` is its own message without keys, cut to 300 characters; empty where it said nothing. */
export interface ServerAnswer {
  /** Address of the server, without user, password and parameters. */
  server: string
  status: number
  said: string
}

/**
 * What is wrong with a reply: no JSON (cut off, or a page of a proxy), JSON that is no completion, a completion that the
 * server itself refused because it does not fit the schema, or more bytes than are read.
 */
export type InvalidReply = 'not-json' | 'no-completion' | 'misses-schema' | 'too-large'

/** Details of an {@link LlmError} by its code. None of them ever holds a key. */
export interface LlmErrorDetails {
  // Options, before anything is sent.
  /** An option cannot work. */
  'invalid-option': { option: string; value: unknown; expected: string }
  /** A field of a request cannot be right. */
  'invalid-request': { field: string; value: unknown; expected: string }
  /** There is no key, or it holds characters that no key has. */
  'invalid-key': { problem: 'missing' | 'characters' }
  /** There is a budget, and the prices of the model are not known. */
  'no-prices': { model: string }
  /** There is a budget, and the longest reply of the model is not known. */
  'no-token-limit': { model: string }
  /** The call, or the wave of a batch, could pass the budget; nothing was sent. All amounts in US dollars. */
  'budget-exceeded': {
    budget: number
    spent: number
    calls: number
    needed: number
    purpose: 'call' | 'batch'
  }

  // Answers of the server that another attempt would get again.
  /** The key is wrong or may not do this (401, 403). */
  authentication: ServerAnswer
  /** The server does not have the model (404). */
  'unknown-model': ServerAnswer & { model: string }
  /** There is no such server path (404, 405): the address is wrong. */
  'unknown-endpoint': ServerAnswer
  /** The account has no credit left. */
  'quota-exceeded': ServerAnswer
  /** The server refuses this request as it is (400, 413, 422). `parameter` is what it names, where it does. */
  'request-refused': ServerAnswer & { parameter: string | undefined }
  /** The server's moderation blocks this request; others may pass. */
  moderated: ServerAnswer

  // What remained after all attempts.
  /** Nobody is at the address. In a page `reason` is empty: browsers do not say, and CORS may be the cause. */
  unreachable: { server: string; reason: string; inPage: boolean }
  /** The connection failed. */
  'connection-failed': { server: string; reason: string }
  /** The server failed (5xx, 408, 409). */
  'server-failed': ServerAnswer
  /** The server refuses calls for its limits (429). */
  'rate-limited': ServerAnswer
  /** The reply does not follow the protocol. `start` is its beginning. */
  'invalid-reply': { server: string; problem: InvalidReply; start: string }
  /** No whole reply came within `milliseconds`, the time of one attempt. */
  timeout: { server: string; milliseconds: number }
  /** The call with all its attempts and waits did not end within `milliseconds`. `last` is the code of the last failure. */
  deadline: { milliseconds: number; last: keyof LlmErrorDetails }

  // The cache on disk.
  /** Another program, or another version (`version`), wrote the folder. */
  'foreign-cache': { folder: string; version: number | undefined; expected: number }
  /** The folder cannot be read or written. */
  'cache-unusable': { folder: string; reason: string }
  /** There is no cache on disk in a page. */
  'cache-in-page': { folder: string }

  // Batches.
  /** The server has no Batch API. */
  'no-batches': { server: string; status: number }
  /** The server refuses a whole batch. */
  'batch-refused': { server: string; batch: string; said: string }
  /** Someone cancelled the batch at the server. */
  'batch-cancelled': { server: string; batch: string }
  /** A batch has not ended within `milliseconds`. */
  'batch-deadline': { server: string; batch: string; milliseconds: number }
  /** The server left a request out of the results of its batch. */
  'batch-incomplete': { server: string }
  /** A request of a batch expired or failed for the server's reasons. */
  'batch-request-failed': { server: string; status: number | undefined; said: string }
  /** The state file cannot be read or written. */
  'state-unusable': { file: string; reason: string }
  /** The state file is something else. */
  'foreign-state': { file: string }
  /** The state file belongs to another model or server. */
  'other-state': { file: string; model: string; server: string }
}

/** Something went wrong with a model's server: what, where, and what to do. Never holds a key. */
export const LlmError: ErrorClass<'LlmError', LlmErrorDetails> = defineError('LlmError', {
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${option} is ${showValue(value)}.`,
    remedy: `Give ${expected}.`,
  }),
  'invalid-request': ({ field, value, expected }) => ({
    problem: `Chat request: ${field} is ${showValue(value)}.`,
    remedy: `Give ${expected}.`,
  }),
  'invalid-key': ({ problem }) =>
    problem === 'missing'
      ? {
          problem: 'There is no key for the server.',
          remedy: 'Set the option apiKey; servers that need none take any text.',
        }
      : {
          problem: 'The key holds a line break or another character that no key has.',
          remedy: 'Set the option apiKey to the key alone.',
        },
  'no-prices': ({ model }) => ({
    problem: `There is a budget, but what ${model} costs is not known.`,
    remedy: 'Set the option prices: US dollars for a million tokens of input and output.',
  }),
  'no-token-limit': ({ model }) => ({
    problem: `There is a budget, but how long a reply of ${model} can be is not known.`,
    remedy: 'Set maxTokens of the request.',
  }),
  'budget-exceeded': ({ budget, spent, calls, needed, purpose }) => {
    const what = purpose === 'call' ? 'one call' : 'the batch'
    return {
      problem:
        spent === 0
          ? `The budget of ${dollars(budget)} is too small for ${what}, which may cost ${dollars(needed)}.`
          : `The budget of ${dollars(budget)} is used up: ${dollars(spent)} spent in ${calls} calls, and ${what} more may cost ${dollars(needed)}.`,
      remedy: 'Raise the budget or lower maxTokens.',
    }
  },
  authentication: answer => ({
    problem: answered(answer),
    remedy: 'Check the key, and that it may use this model.',
  }),
  'unknown-model': ({ model, ...answer }) => ({
    problem: answered(answer),
    remedy: `Check the name of the model (${model}).`,
  }),
  'unknown-endpoint': answer => ({
    problem: answered(answer),
    remedy: 'Check the address; it usually ends in /v1.',
  }),
  'quota-exceeded': answer => ({
    problem: answered(answer),
    remedy: 'Add credit to the account at the server.',
  }),
  'request-refused': ({ parameter, ...answer }) => ({
    problem: answered(answer),
    remedy: parameter === undefined ? 'Change the request.' : `Change ${parameter} of the request.`,
  }),
  moderated: answer => ({
    problem: answered(answer),
    remedy: 'Its moderation blocks this text; leave it out or ask another server.',
  }),
  unreachable: ({ server, reason, inPage }) => ({
    problem: inPage
      ? `${server} cannot be reached from this page.`
      : `${server} cannot be reached: ${reason}.`,
    remedy: inPage
      ? 'Check the address, that the server runs, and that it allows requests from this page (CORS).'
      : 'Check the address and that the server runs.',
  }),
  'connection-failed': ({ server, reason }) => ({
    problem: `${server}: the connection failed: ${reason}.`,
    remedy: 'Try again later.',
  }),
  'server-failed': answer => ({ problem: answered(answer), remedy: 'Try again later.' }),
  'rate-limited': answer => ({ problem: answered(answer), remedy: 'Lower the rate of requests.' }),
  'invalid-reply': ({ server, problem, start }) => ({
    problem: `${server} answered with ${invalidReplies[problem]} (${JSON.stringify(start)}).`,
    remedy: "Check that it speaks OpenAI's protocol.",
  }),
  timeout: ({ server, milliseconds }) => ({
    problem: `${server} gave no whole reply within ${milliseconds / 1000} s.`,
    remedy: 'Raise the option timeout.',
  }),
  deadline: ({ milliseconds, last }) => ({
    problem: `A call did not end within ${milliseconds / 1000} s; the last attempt failed (${last}).`,
    remedy: 'Raise the option deadline.',
  }),
  'foreign-cache': ({ folder, version, expected }) => ({
    problem: `The cache ${folder} was written ${version === undefined ? 'by another program' : `in version ${version}; this program reads version ${expected}`}.`,
    remedy: 'Choose another folder, or delete this one if its replies are not needed.',
  }),
  'cache-unusable': ({ folder, reason }) => ({
    problem: `The cache ${folder} cannot be used: ${reason}.`,
    remedy: 'Choose another folder or free some space.',
  }),
  'cache-in-page': () => ({
    problem: 'There is no cache on disk in a page.',
    remedy: 'Leave out the option cacheDir.',
  }),
  'no-batches': ({ server, status }) => ({
    problem: `${server} has no Batch API (${status}).`,
    remedy: 'Use createChatClient, or another server.',
  }),
  'batch-refused': ({ server, batch, said }) => ({
    problem: `${server} refused the batch ${batch}: ${said === '' ? 'no reason given' : said.replace(/[.\s]+$/, '')}.`,
    remedy: 'Correct the requests.',
  }),
  'batch-cancelled': ({ batch }) => ({
    problem: `The batch ${batch} was cancelled at the server.`,
    remedy: 'Start again to send what is missing.',
  }),
  'batch-deadline': ({ batch, milliseconds }) => ({
    problem: `The batch ${batch} did not end within ${milliseconds / 1000} s.`,
    remedy: 'Start again to continue with it, or raise the option deadline.',
  }),
  'batch-incomplete': () => ({
    problem: 'The server left a request out of the results of its batch.',
    remedy: 'Try again later.',
  }),
  'batch-request-failed': ({ said }) => ({
    problem: `A request of the batch failed: ${said === '' ? 'no reason given' : said.replace(/[.\s]+$/, '')}.`,
    remedy: 'Try again later.',
  }),
  'state-unusable': ({ file, reason }) => ({
    problem: `The state file ${file} cannot be used: ${reason}.`,
    remedy: 'Choose another one or free some space.',
  }),
  'foreign-state': ({ file }) => ({
    problem: `${file} is not the state of a batch that this version wrote.`,
    remedy: 'Choose another file or delete it.',
  }),
  'other-state': ({ file, model, server }) => ({
    problem: `${file} holds batches of ${model} at ${server}.`,
    remedy: 'Choose another file, or finish those first.',
  }),
})
export type LlmError = ErrorOf<typeof LlmError>

const invalidReplies: Record<InvalidReply, string> = {
  'not-json': 'something that is not JSON',
  'no-completion': 'JSON that is no completion',
  'misses-schema': 'JSON that does not fit its schema',
  'too-large': 'too many bytes',
}

function answered({ server, status, said }: ServerAnswer): string {
  return `${server} answered ${status}${said === '' ? '' : `: ${said.replace(/[.\s]+$/, '')}`}.`
}

function dollars(amount: number): string {
  return `$${amount >= 1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(3)}`
}
