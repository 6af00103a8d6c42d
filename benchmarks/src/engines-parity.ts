// How far the losses of the engines lie apart: node benchmarks/src/engines-parity.ts [FILE]
//
// The same small GPT from one start on the same batches, on every engine that is installed; `node` needs tfjs-node with its
// addon, see packages/backends/scripts/try-tfjs-node.sh. Fails where one is further away than the bound. Writes FILE as JSON.
import { writeFile } from 'node:fs/promises'
import { useBackend } from '@tinystories/backends'
import { gptConfig } from '@tinystories/model'
import { adamW, createEngine, type EngineName, initialState } from '@tinystories/trainer'
import { trainableGpt } from './gpt-functions.ts'
import { type BenchmarkRow, formatTable, machine } from './harness.ts'
import { randomTokens } from './random-tokens.ts'

const steps = 20
const bound = 1e-5
const config = gptConfig('sample', {
  ...{ vocabSize: 300, contextLength: 48 },
  ...{ hiddenSize: 32, numLayers: 2, numHeads: 4 },
})

const optimizer = adamW()
const batches = Array.from({ length: steps }, (_, i) => randomTokens(i, { ...config, batchSize: 4 }))
const skipped: Record<string, string> = {}

async function losses(engineName: EngineName): Promise<number[] | undefined> {
  try {
    await useBackend('cpu')
    const model = trainableGpt(config)
    const { engine } = await createEngine({ model, optimizer, engine: engineName })
    await engine.load(await initialState(model.parameters, optimizer))
    const found: number[] = []
    for (const [i, batch] of batches.entries())
      found.push((await engine.step(batch, { learningRate: 1e-3, ...optimizer.scalars(i + 1) })).loss)
    await engine.dispose()
    return found
  } catch (error) {
    skipped[engineName] = (error as Error).message
    return undefined
  }
}

const reference = await losses('cpu')
if (!reference) throw new Error(skipped.cpu)
const rows: BenchmarkRow[] = []
for (const engine of ['cpu', 'wasm', 'compiled', 'node', 'node-gpu'] as const) {
  const found = engine === 'cpu' ? reference : await losses(engine)
  if (!found) continue
  const apart = Math.max(...found.map((value, i) => Math.abs(value / reference[i]! - 1)))
  rows.push({
    case: `${engine}: losses of ${steps} steps, the last ${found.at(-1)}`,
    metric: 'largest relative difference from cpu',
    ...{ ours: apart, peer: 'bound', peerValue: bound, ratio: apart > 0 ? bound / apart : null },
  })
}
console.log(formatTable(rows))
for (const [engine, reason] of Object.entries(skipped)) console.log(`${engine} skipped: ${reason}`)
const [, , file] = process.argv
const result = { name: 'engines-parity', machine: machine(), rows, skipped }
if (file) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
process.exit(rows.every(({ ours }) => ours <= bound) ? 0 : 1)
