import { writeFileSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createChatClient } from '@tinystories/llm'
import { readBatchState } from '../../../../packages/llm/src/batch/batch-state.ts'
import { replyOf } from '../in-memory.ts'
import { bytesOf, type Reader } from '../reader.ts'
import { reply } from './gradings.ts'

const chatReply = {
  id: '1',
  model: 'judge',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: reply, reasoning_content: 'Let me think.' },
      finish_reason: 'stop',
      logprobs: { content: [{ token: '8', logprob: -0.1, top_logprobs: [{ token: '8', logprob: -0.1 }] }] },
    },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 },
}
const refusal = {
  error: {
    message: 'Unsupported parameter: max_tokens',
    type: 'invalid_request_error',
    param: 'max_tokens',
    code: 'unsupported_parameter',
  },
}

const chat = (body: Uint8Array, status: number, more: { cacheDir?: string } = {}) =>
  createChatClient({
    model: 'judge',
    baseURL: 'http://127.0.0.1:9/v1',
    apiKey: 'none',
    maxRetries: 0,
    ...more,
    fetch: async () => replyOf(body, status),
  })
const request = { messages: [{ role: 'user' as const, content: 'Judge this.' }] }
const batchState = {
  ...{ kind: 'tinystories-llm-batch', version: 2, server: 'http://a', model: 'judge' },
  open: [{ nonce: 'n', tokens: 9, begun: 1, id: 'batch_1' }],
}

/** The file of a cached reply, by folder. */
const cached = new Map<string, string>()

/** Readers of what servers of language models send, and of what is kept of it. */
export const chatReaders: Record<string, Reader> = {
  'chat-reply': {
    seeds: () => [bytesOf(chatReply)],
    read: input => chat(input, 200).complete(request),
  },
  'chat-refusal': {
    seeds: () => [],
    extra: () => [bytesOf(refusal)],
    read: input => chat(input, 400).complete(request),
  },
  'chat-cache': {
    async seeds(folder) {
      await chat(bytesOf(chatReply), 200, { cacheDir: folder }).complete(request)
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      const paths = entries.filter(each => each.isFile()).map(each => join(each.parentPath, each.name))
      const sizes = await Promise.all(paths.map(async path => ({ path, size: (await stat(path)).size })))
      const { path } = sizes.toSorted((x, y) => y.size - x.size)[0]!
      cached.set(folder, path)
      return [await readFile(path)]
    },
    read(input, folder) {
      writeFileSync(cached.get(folder)!, input)
      return chat(bytesOf(chatReply), 200, { cacheDir: folder }).complete(request)
    },
  },
  'batch-state': {
    seeds: () => [bytesOf(batchState)],
    read(input, folder) {
      const path = join(folder, 'batch.json')
      writeFileSync(path, input)
      return readBatchState(path, 'http://a', 'judge')
    },
  },
}
