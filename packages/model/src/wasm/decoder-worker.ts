import { parentPort, workerData } from 'node:worker_threads'
import { Decoder } from './decoder.ts'
import type { DecodeRequest, DecodeResponse, DecoderData } from './decoder-thread.ts'

const { config, parameters } = workerData as DecoderData
const made = Decoder.create(config, parameters)

parentPort!.on('message', async ({ texts, options, count }: DecodeRequest) => {
  const answer = (value: DecodeResponse): void => parentPort!.postMessage(value)
  try {
    answer({ tokens: (await made).next(texts, options, count) })
  } catch (error) {
    answer({ failed: (error as Error).message })
  }
})
