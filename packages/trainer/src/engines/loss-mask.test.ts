import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { evaluateLoss, forward, gptConfig, initParameters, loss } from '@tinystories/model'
import { beforeAll, expect, test } from 'vitest'
import { sgd } from '../optimizers/sgd.ts'
import { installedEngines } from '../testing/installed-engines.ts'
import type { Engine, EngineName, EngineState, TokenBatch, TrainableModel } from '../types.ts'
import { createEngine } from './create-engine.ts'
import { initialState } from './initial-state.ts'

await useBackend('cpu')
const config = gptConfig('sample', { vocabSize: 11, hiddenSize: 16, layers: 2, heads: 2, contextLength: 8 })
// Learning the rate 1 without momentum, so that the change of the parameters is the gradient.
const optimizer = sgd({ momentum: 0, maxGradientNorm: Number.POSITIVE_INFINITY })
let model: TrainableModel
let start: EngineState
beforeAll(async () => {
  model = {
    parameters: initParameters(config, 1),
    loss: (parameters, batch) => loss(config, parameters, batch),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  }
  start = await initialState(model.parameters, optimizer)
})

/** Instructions: of each row only the answer counts; one packed row has two answers, one row has none. */
const mask = Float32Array.from('00001111 00110011 11111111 00000000'.replaceAll(' ', ''), Number)
const ids = (factor: number): Int32Array => Int32Array.from({ length: 32 }, (_, i) => (i * factor + 3) % 11)
const batch: TokenBatch = { inputs: ids(7), targets: ids(5), mask, shape: [4, 8], bytes: 32 }
/** The same with other targets wherever the mask is 0. */
const elsewhere: TokenBatch = {
  ...batch,
  targets: batch.targets.map((id, i) => (mask[i] === 0 ? (id + 4) % 11 : id)),
}

/** Sum of the negative log-likelihoods of the answers' tokens, one after another in double precision. */
function plainSum(): number {
  const logits = tf.tidy(
    () =>
      (
        forward(config, model.parameters, tf.tensor2d(batch.inputs, batch.shape, 'int32')) as tf.Tensor
      ).arraySync() as number[][][],
  )
  return mask.reduce((sum, counts, i) => {
    if (counts === 0) return sum
    const row = logits[Math.floor(i / 8)]![i % 8]!
    const denominator = row.reduce((total, x) => total + Math.exp(x), 0)
    return sum - Math.log(Math.exp(row[batch.targets[i]!]!) / denominator)
  }, 0)
}

async function onEngine<T>(name: EngineName, work: (engine: Engine) => Promise<T>): Promise<T> {
  const { engine } = await createEngine({ model, optimizer, engine: name })
  await engine.load(start)
  const result = await work(engine)
  await engine.dispose()
  await useBackend('cpu')
  return result
}

test.each(installedEngines)('on %s the loss is that of the answers alone', async name => {
  const tokens = mask.reduce((a, b) => a + b, 0)
  const expected = plainSum()
  const found = await onEngine(name, async engine => ({
    sums: await engine.evaluate(batch),
    step: await engine.step(batch, { learningRate: 1 }),
    after: await engine.save(),
  }))
  expect(found.sums.tokens).toBe(tokens)
  expect(found.sums.nats).toBeNear(expected, { relative: 1e-6 })
  expect(found.step.loss).toBeNear(expected / tokens, { relative: 1e-6 })

  const others = await onEngine(name, async engine => ({
    step: await engine.step(elsewhere, { learningRate: 1 }),
    after: await engine.save(),
  }))
  expect(others.step).toEqual(found.step)
  expect(others.after).toEqual(found.after)
})
