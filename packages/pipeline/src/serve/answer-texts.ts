import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { TextModel } from '../recipe/write-story.ts'
import type { Admission } from './admission.ts'
import { toApiError } from './api-error.ts'
import { type ChoiceState, Replies } from './replies.ts'
import type { TextRequest } from './requests.ts'
import { type Choice, type ChoiceEnd, type ChoicePiece, writeChoice } from './write-choice.ts'

/** What answers requests. */
export interface TextServer {
  name: string
  source: TextModel
  admission: Admission
  /** Milliseconds after which a client that reads nothing of its stream has gone. */
  stallTimeout: number
}

/** What answering cost. */
export interface Answered {
  promptTokens: number
  completionTokens: number
}

/**
 * Generates what a request asks for, all its texts together, and sends it: whole, or as events.
 *
 * @param signal aborts when the client has gone or the server closes
 * @throws ApiError, GenerationError before anything was sent; an error in the middle of a stream becomes its last event
 */
export async function answerTexts(
  server: TextServer,
  request: TextRequest,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<Answered> {
  const replies = new Replies(request, server.name)
  const release = server.admission.admit(request.choices.length)
  // One text that fails ends the others of its request.
  const failed = new AbortController()
  const ended = AbortSignal.any([signal, failed.signal])
  const send = request.stream ? eventSender(response, ended, server.stallTimeout) : undefined
  const states: ChoiceState[] = []
  let completionTokens = 0

  async function answer(choice: Choice): Promise<void> {
    const done = await server.admission.turn(ended)
    try {
      const pieces = writeChoice(server.source, choice, ended)
      const whole: ChoicePiece = { text: '', tokens: [] }
      let offset = 0
      for (;;) {
        const next: IteratorResult<ChoicePiece, ChoiceEnd> = await pieces.next()
        const piece = next.done ? { text: '', tokens: [] } : next.value
        const finishReason = next.done ? next.value.finishReason : null
        if (send) await send(replies.chunk({ index: choice.index, piece, offset, finishReason }))
        else {
          whole.text += piece.text
          whole.tokens.push(...piece.tokens)
        }
        offset += piece.tokens.reduce((sum, { text }) => sum + text.length, 0)
        if (!next.done) continue
        states[choice.index] = { index: choice.index, piece: whole, offset: 0, finishReason }
        completionTokens += next.value.completionTokens
        return
      }
    } finally {
      done()
    }
  }

  try {
    const answers = request.choices.map(choice =>
      answer(choice).catch((error: unknown) => {
        failed.abort(error)
        throw error
      }),
    )
    const results = await Promise.allSettled(answers)
    if (results.some(({ status }) => status === 'rejected')) throw ended.reason
    if (send) {
      if (request.includeUsage) await send(replies.usageChunk(completionTokens))
      response.end('data: [DONE]\n\n')
    } else sendJson(response, 200, replies.whole(states, completionTokens))
  } catch (error) {
    if (!response.headersSent || response.destroyed) throw error
    response.end(`data: ${JSON.stringify(toApiError(error))}\n\n`)
  } finally {
    release()
  }
  return { promptTokens: request.promptTokens, completionTokens }
}

/** Sends server-sent events, as fast as the client takes them; one that takes none is cut off. */
export function eventSender(
  response: ServerResponse,
  signal: AbortSignal,
  stallTimeout: number,
): (event: object) => Promise<void> {
  return async event => {
    if (!response.headersSent)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
    const takesMore = response.write(`data: ${JSON.stringify(event)}\n\n`)
    if (takesMore) return
    const stalled = setTimeout(() => response.destroy(), stallTimeout)
    await once(response, 'drain', { signal }).finally(() => clearTimeout(stalled))
  }
}

/** Sends a reply as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  const content = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(content),
    ...headers,
  })
  response.end(content)
}
