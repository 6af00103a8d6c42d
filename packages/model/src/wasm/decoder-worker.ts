import { parentPort, workerData } from 'node:worker_threads'
import { serveWorker } from '@tinystories/utils/workers'
import { Decoder } from './decoder.ts'
import { type DecoderData, decoderMethods } from './decoder-thread.ts'

const { config, parameters, weights } = workerData as DecoderData
const decoder = Decoder.create(config, parameters, weights)
// Thrown with the first call.
decoder.catch(() => {})

serveWorker(parentPort!, decoderMethods(decoder), { sequential: true })
