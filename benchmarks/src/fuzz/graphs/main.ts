// Random graphs compiled and on tfjs's cpu backend: npm run fuzz-graphs -- [--graphs 1000] [--seed 1] [--json FILE]
// With --special NaN, infinities, zeros of both signs and numbers that overflow are among the inputs.
//
// Each graph has the seed that is printed with it. A graph on which both disagree becomes a test.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { useBackend } from '@tinystories/backends'
import { createRuntime } from '@tinystories/compiler'
import { machine } from '../../harness.ts'
import { compareGraph, type GraphResult } from './compare-graph.ts'

const { values } = parseArgs({
  options: {
    graphs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    special: { type: 'boolean', default: false },
  },
})
const [graphs, seed] = [Number(values.graphs), Number(values.seed)]
/** A runtime is rebuilt now and then, so that none grows for a whole run. */
const PER_RUNTIME = 5000

await useBackend('cpu')
const counts: Record<GraphResult['outcome'], number> = {
  ...{ equal: 0, unstable: 0, different: 0, refused: 0 },
  'eager-failed': 0,
}
let ops = 0
const found: string[] = []
for (let first = 0; first < graphs; first += PER_RUNTIME) {
  const runtime = await createRuntime({ threads: 1 })
  for (let i = first; i < Math.min(first + PER_RUNTIME, graphs); i++) {
    const result = await compareGraph(runtime, seed + i, { special: values.special })
    counts[result.outcome]++
    ops += result.ops
    if (result.outcome === 'equal' || result.outcome === 'unstable') continue
    if (found.length < 100) found.push(`${seed + i} ${result.outcome}: ${result.problem}`)
    if (result.outcome === 'different') console.log(found.at(-1))
  }
  await runtime.dispose()
  console.log(`${Math.min(first + PER_RUNTIME, graphs)} graphs, ${ops} ops: ${JSON.stringify(counts)}`)
  if (values.json) {
    const result = {
      name: 'fuzz-graphs',
      machine: machine(),
      seed,
      special: values.special,
      graphs: Math.min(first + PER_RUNTIME, graphs),
      ops,
      counts,
      found,
    }
    await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`)
  }
}
process.exit(counts.different === 0 ? 0 : 1)
