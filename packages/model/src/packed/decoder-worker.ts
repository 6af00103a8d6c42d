import { parentPort, workerData } from 'node:worker_threads'
import { Decoder } from './decoder.ts'
import type { DecoderAnswer, DecoderQuestion, DecoderThreadData } from './decoder-thread.ts'

const { config, parameters } = workerData as DecoderThreadData
const made = Decoder.create(config, parameters)

parentPort!.on('message', async ({ texts, options, count }: DecoderQuestion) => {
  const answer = (value: DecoderAnswer): void => parentPort!.postMessage(value)
  try {
    answer({ tokens: (await made).next(texts, options, count) })
  } catch (error) {
    answer({ failed: (error as Error).message })
  }
})
