/// <reference lib="dom" />
import type { RequestMessage } from './messages.ts'
import { WebHost } from './web-host.ts'

const host = new WebHost()

self.onmessage = async ({ data }: MessageEvent<RequestMessage>) => {
  const answer = await host.answer(data)
  // Everything in an answer is a copy: it moves.
  const buffers = answer.ok ? answer.data.map(([, array]) => array.buffer as ArrayBuffer) : []
  self.postMessage(answer, { transfer: [...new Set(buffers)] })
}
