/**
 * An engine in a process of its own, for the benchmark `engines`: its argument is an `EngineStepsOptions`. It says `ready`, and
 * makes one step of the default model for each line that it reads, with the seconds of it as the answer.
 */
import { createInterface } from 'node:readline'
import { useBackend } from '@tinystories/backends'
import { gptConfig } from '@tinystories/model'
import { adamW, createEngine, type EngineName, initialState, muon } from '@tinystories/trainer'
import { trainableGpt } from '../gpt-functions.ts'
import { randomTokens } from '../random-tokens.ts'

export interface EngineStepsOptions {
  engine: EngineName
  optimizer: 'muon' | 'adamW'
  batchSize: number
  threads?: number
  workers?: number
}

const { optimizer: optimizerName, batchSize, ...options } = JSON.parse(process.argv[2]!) as EngineStepsOptions
await useBackend('cpu')
const config = gptConfig('sample')
const model = trainableGpt(config)
const optimizer = { muon: () => muon(), adamW: () => adamW() }[optimizerName]()
const { engine } = await createEngine({ model, optimizer, ...options })
await engine.load(await initialState(model.parameters, optimizer))
const tokens = randomTokens(1, { ...config, batchSize })
console.log('ready')
let step = 0
for await (const _ of createInterface({ input: process.stdin })) {
  const began = performance.now()
  await engine.step(tokens, { learningRate: 1e-3, ...optimizer.scalars(++step) })
  console.log((performance.now() - began) / 1000)
}
await engine.dispose()
