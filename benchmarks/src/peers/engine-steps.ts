/**
 * An engine in a process of its own, for the benchmark `engines`: `engine-steps.ts ENGINE THREADS BATCH` says `ready`, and
 * makes one step of the default model for each line that it reads, with the seconds of it as the answer.
 */
import { createInterface } from 'node:readline'
import { useBackend } from '@tinystories/backends'
import { gptConfig } from '@tinystories/model'
import { createEngine, type EngineName, initialState, muon } from '@tinystories/trainer'
import { trainableGpt } from '../gpt-functions.ts'
import { randomTokens } from '../random-tokens.ts'

const [name, threads, batch] = process.argv.slice(2) as [EngineName, string, string]
await useBackend('cpu')
const config = gptConfig('sample')
const model = trainableGpt(config)
const optimizer = muon()
const { engine } = await createEngine({ model, optimizer, engine: name, threads: Number(threads) })
await engine.load(await initialState(model.parameters, optimizer))
const tokens = randomTokens(1, { ...config, batchSize: Number(batch) })
console.log('ready')
let step = 0
for await (const _ of createInterface({ input: process.stdin })) {
  const began = performance.now()
  await engine.step(tokens, { learningRate: 1e-3, ...optimizer.scalars(++step) })
  console.log((performance.now() - began) / 1000)
}
await engine.dispose()
