import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStories } from '@tinystories/dataset'
import { gptConfig } from '@tinystories/model'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { trainTokenizer } from '@tinystories/tokenizer'
import { adamW, type BatchStream, constant, createTrainer, type TokenBatch } from '@tinystories/trainer'
import { trainableGpt } from './gpt-functions.ts'
import { type BenchmarkRow, median } from './harness.ts'

const rounds = 5
const steps = 24
const bound = 0.02

/**
 * What the loop adds to the engine's own step: data made on the way, metrics written, a checkpoint in the background
 * each round. Runs of the loop and bare steps of the same engine take turns.
 */
export async function loopOverhead(): Promise<BenchmarkRow> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-overhead-'))
  const stories = openStories('sample')
  const tokenizer = await trainTokenizer(
    (async function* texts() {
      for await (const { text } of stories.take(2000)) yield text
    })(),
    { vocabSize: 2048 },
  )
  const config = gptConfig('sample', { vocabSize: tokenizer.vocabSize })
  const data = stories
    .shuffle({ seed: 1, bufferSize: 1000 })
    .repeat()
    .tokenize(tokenizer, { eos: tokenizer.endOfTextId! })
    .pack({ contextLength: config.contextLength })
    .batch(8)
    .prefetch(4) as BatchStream
  const optimizer = adamW()
  const times: number[] = []
  const trainer = await createTrainer({
    model: trainableGpt(config),
    data,
    optimizer,
    schedule: constant(1e-3),
    engine: 'compiled',
    run: {
      folder,
      format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
      checkpointEverySteps: steps / 2,
    },
    callbacks: { onMetrics: () => times.push(performance.now()) },
  })
  try {
    const cursor = data.iterate()
    const { value } = await cursor.next()
    await cursor.return?.()
    const shares: number[] = []
    for (let round = 0; round <= rounds; round++) {
      times.length = 0
      await trainer.run({ steps: trainer.step + steps })
      // The first steps of a run wait for its first batches.
      const loop = (times.at(-1)! - times[3]!) / (times.length - 4)
      const began = performance.now()
      for (let step = 1; step <= steps - 4; step++) {
        await trainer.engine.step(value as TokenBatch, { learningRate: 1e-3, ...optimizer.scalars(step) })
      }
      const bare = (performance.now() - began) / (steps - 4)
      if (round > 0) shares.push(loop / bare - 1)
    }
    const added = median(shares)
    return {
      case: `compiled, default model, data pipeline and checkpoints running`,
      metric: 'share that the loop adds to a step',
      ours: added,
      peer: 'bound',
      peerValue: bound,
      // Where the loop adds nothing that can be measured, the bound is kept by any margin.
      ratio: bound / Math.max(added, 1e-4),
    }
  } finally {
    await trainer.dispose()
    await rm(folder, { recursive: true, force: true })
  }
}
