import { parentPort, workerData } from 'node:worker_threads'
import { GenerationError } from '../errors/index.ts'
import { Decoder } from './decoder.ts'
import type { DecodeRequest, DecodeResponse, DecoderData } from './decoder-thread.ts'

const { config, parameters } = workerData as DecoderData
const decoder = Decoder.create(config, parameters)

parentPort!.on('message', async ({ texts, options, count }: DecodeRequest) => {
  const respond = (value: DecodeResponse): void => parentPort!.postMessage(value)
  try {
    respond({ tokens: (await decoder).next(texts, options, count) })
  } catch (error) {
    if (GenerationError.isInstance(error)) respond({ code: error.code, details: error.details })
    else respond({ code: 'engine-failed', details: { reason: String(error) } })
  }
})
