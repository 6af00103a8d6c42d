import OpenAI from 'openai'
import { AuthenticationError, InvalidRequestError } from './errors.ts'
import { type Redact, redactor } from './secrets.ts'

/** How a server is reached. */
export interface ServerOptions {
  baseURL: string
  apiKey: string
  headers?: Record<string, string> | undefined
  query?: Record<string, string> | undefined
  fetch?: typeof globalThis.fetch | undefined
}

/** The SDK, set up to do nothing by itself: no retries, no logs, nothing from the environment. */
export interface Server {
  sdk: OpenAI
  /** The address as it may be shown: without user, password and parameters. */
  address: string
  /** For messages. */
  redact: Redact
  /** For replies, where a short word such as `ollama` must stay what it is. */
  redactReply: Redact
}

/**
 * @throws AuthenticationError without a key; InvalidRequestError when the address is none
 */
export function openServer({ baseURL, apiKey, headers = {}, query = {}, fetch }: ServerOptions): Server {
  if (typeof apiKey !== 'string' || apiKey.trim() === '') {
    throw new AuthenticationError(
      'There is no key for the server. Give one; a server that wants none takes any text.',
    )
  }
  // A line break in a header would throw deep in fetch, with the key in its message.
  if (/[^\x20-\x7e]/.test(apiKey)) {
    throw new AuthenticationError(
      'The key holds a line break or another character that no key has. Give it again, without what surrounds it.',
    )
  }
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidRequestError(
      `The server's address is ${JSON.stringify(baseURL)}. Give one such as http://localhost:11434/v1.`,
    )
  }
  const secrets = [apiKey, ...Object.values(headers), ...Object.values(query), url.password]
  const sdk = new OpenAI({
    apiKey,
    baseURL,
    defaultHeaders: headers,
    defaultQuery: query,
    maxRetries: 0,
    // Deadlines are kept by the signal, which also covers the body.
    timeout: 2 ** 31 - 1,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    // The key is the caller's own: in a page it is the one that the visitor typed.
    dangerouslyAllowBrowser: true,
    ...(fetch === undefined ? {} : { fetch }),
  })
  return {
    sdk,
    address: `${url.origin}${url.pathname}`.replace(/\/$/, ''),
    redact: redactor(secrets),
    redactReply: redactor(secrets, 16),
  }
}
