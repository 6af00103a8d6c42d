import type { IncomingMessage } from 'node:http'
import { parseJson } from '@tinystories/utils/schema'
import { ApiError } from './api-error.ts'

/**
 * The JSON body of a request.
 *
 * A body that is too large is read to its end without being kept, so that its sender, who reads nothing before it has sent all,
 * sees the answer and not a broken connection.
 *
 * @param limit bytes
 * @throws ApiError 413 for a larger one, 415 for another type, 400 for what is no JSON
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > limit) chunks.length = 0
    else chunks.push(chunk as Buffer)
  }
  if (size > limit) {
    const message = `The body has ${size} bytes, and this server takes at most ${limit}.`
    throw new ApiError(message, { status: 413, code: 'request_too_large' })
  }
  // A page of another origin can send other types without being asked for permission.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new ApiError('The content-type must be application/json.', { status: 415 })
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return parseJson(text, { source: 'the body', maxDepth: 32 })
  } catch (error) {
    throw new ApiError('We could not parse the JSON body of your request.', {}, { cause: error })
  }
}

/**
 * Reads what is left of a request without keeping it: its sender, who may read nothing before it has sent all, then sees the
 * answer and not a broken connection.
 */
export async function readToEnd(request: IncomingMessage): Promise<void> {
  try {
    for await (const _ of request);
  } catch {
    // The client has gone, or the server closes.
  }
}
