import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseInstructTemplate } from '@tinystories/dataset/instruct'
import { parseMeasures } from '@tinystories/grader/measures'
import { parseJson } from '@tinystories/utils/schema'
import { ApiError } from '../../../../packages/pipeline/src/serve/api-error.ts'
import { readBody } from '../../../../packages/pipeline/src/serve/read-body.ts'
import {
  readChatRequest,
  readCompletionRequest,
  type ServedModel,
} from '../../../../packages/pipeline/src/serve/requests.ts'
import { TaskStore } from '../../../../packages/sweep/src/tasks/task-store.ts'
import { bytesOf, type Reader, textReader } from '../reader.ts'

const task = { id: '0123456789abcdef', stage: { name: 'train' } } as never
const template = {
  fields: { words: 'Words: {value}', summary: 'Summary: {value}' },
  separator: '\n',
  text: '{fields}\nStory:\n{story}',
}
const served: ServedModel = {
  name: 'model',
  tokenizer: {
    vocabSize: 300,
    endOfTextId: 0,
    encode: (text: string) => ({ ids: [...new TextEncoder().encode(text)] }),
    decode: (ids: number[]) => new TextDecoder().decode(Uint8Array.from(ids)),
  } as never,
  template,
}

/** Reads the body of a request, whose errors are answers. */
const body = (read: (body: unknown, served: ServedModel) => unknown, seed: object): Reader => ({
  seeds: () => [bytesOf(seed)],
  async read(input) {
    const pieces = (async function* () {
      yield Buffer.from(input)
    })()
    const stream = Object.assign(pieces, { headers: { 'content-type': 'application/json' } })
    try {
      read(await readBody(stream as never, 2 ** 16), served)
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 500) throw error
    }
  },
})

/** Reads a file of a task of a sweep. */
const taskFile = (name: string, write: (store: TaskStore) => Promise<void>): Reader => ({
  async seeds(folder) {
    const store = new TaskStore(folder)
    await mkdir(store.folderOf(task), { recursive: true })
    await write(store)
    const { readFile } = await import('node:fs/promises')
    return [await readFile(join(store.folderOf(task), name))]
  },
  async read(input, folder) {
    const store = new TaskStore(folder)
    writeFileSync(join(store.folderOf(task), name), input)
    await store.result(task)
    await store.failure(task)
    await store.progress(task)
  },
})

const sampling = { model: 'model', max_tokens: 9, temperature: 0.5, top_p: 0.9, n: 2, seed: 1, stop: ['.'] }

/** Readers of what servers are asked, of templates, measures and the tasks of sweeps. */
export const pieceReaders: Record<string, Reader> = {
  'instruct-template': textReader(
    () => [template],
    text => parseInstructTemplate(parseJson(text, { source: 'instruct.json' }), 'instruct.json'),
  ),
  measures: textReader(
    () => [{ completions: 2, meanWords: 9, repeating: null, among: { mean: 0.5, histogram: [1, 0] } }],
    text => parseMeasures(text, 'measures.json'),
  ),
  'completion-request': body(readCompletionRequest, {
    ...{ ...sampling, prompt: ['Once', 'Mia'], logprobs: 2, echo: true },
    stream_options: { include_usage: true },
  }),
  'chat-request': body(readChatRequest, {
    ...{ ...sampling, logprobs: true, top_logprobs: 2 },
    messages: [
      { role: 'user', content: 'A ball.' },
      { role: 'assistant', content: [{ type: 'text', text: 'Once' }] },
    ],
  }),
  'task-result': taskFile('result.json', store => store.finish(task, { loss: 1.5, files: ['a'] })),
  'task-failure': taskFile('failure.json', store => store.fail(task, new Error('no room'))),
  'task-progress': taskFile('progress.json', store =>
    store.note(task, { done: 0.5, note: 'step 3', secondsLeft: 9, worker: 'host 1' }),
  ),
}
