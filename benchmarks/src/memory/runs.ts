// Makes the page of some runs and of four times as many, and prints how much is on the heap after each:
// node runs.ts FOLDER COUNT
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gptConfig } from '@tinystories/model'
import { defaultRecipe } from '@tinystories/pipeline'
import { findRuns, readRuns } from '../../../apps/cli/src/runs/read-run.ts'
import { runsPage } from '../../../apps/cli/src/runs/runs-page.ts'
import { heapBytes } from './heap-bytes.ts'

const [folder, count] = [process.argv[2]!, Number(process.argv[3])]
const STEPS = 8000
const first = join(folder, '000')
await mkdir(first)
const settings = {
  ...{ version: 1, data: 'a.txt', valid: null, separator: null, heldOut: 0.1, preset: 'sample' },
  ...{ ...defaultRecipe, model: gptConfig('sample', { vocabSize: 1000 }) },
  ...{ limits: { steps: STEPS }, engine: 'auto', evaluateEvery: 100, checkpointEvery: 100, prompt: 'Once' },
}
await writeFile(join(first, 'config.json'), JSON.stringify(settings))
const steps = Array.from({ length: STEPS }, (_, i) => ({
  ...{ type: 'step', step: i + 1, tokens: i * 2048, seconds: i / 4, loss: 9 / Math.sqrt(i + 1) },
  ...{ bitsPerByte: 4 / Math.sqrt(i + 1), learningRate: 0.003, gradientNorm: 1, tokensPerSecond: 8000 },
}))
await writeFile(join(first, 'metrics.jsonl'), steps.map(line => `${JSON.stringify(line)}\n`).join(''))
const points: number[] = []
for (const [from, to] of [
  [1, count / 4],
  [count / 4, count],
] as const) {
  for (let i = from; i < to; i++)
    await cp(first, join(folder, String(i).padStart(3, '0')), { recursive: true })
  const { runs } = await readRuns(await findRuns([folder]))
  if (runs.length !== to || !(await runsPage(runs)).includes(runs.at(-1)!.name))
    throw new Error('runs are missing')
  points.push(heapBytes())
}
process.stdout.write(JSON.stringify(points))
