// Random graphs compiled and on tfjs's cpu backend: npm run fuzz-graphs -- [--graphs 1000] [--seed 1] [--json FILE]
// With --special NaN, infinities, zeros of both signs and numbers that overflow are among the inputs. With --numpy each graph
// is also computed by numpy, from the ONNX file, in the Python that PYTHON names (pip install onnx).
//
// Each graph has the seed that is printed with it. A graph on which both disagree becomes a test.
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { useBackend } from '@tinystories/backends'
import { createRuntime } from '@tinystories/compiler'
import { machine } from '../../harness.ts'
import { compareGraph, compiledBy, type GraphResult, numpyBy } from './compare-graph.ts'
import { startNumpyOracle } from './numpy-oracle.ts'

const { values } = parseArgs({
  options: {
    graphs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    special: { type: 'boolean', default: false },
    numpy: { type: 'boolean', default: false },
  },
})
const [graphs, seed] = [Number(values.graphs), Number(values.seed)]
/** A runtime is rebuilt now and then, so that none grows for a whole run. */
const PER_RUNTIME = 5000

if (values.special && values.numpy)
  throw new Error(
    '--numpy reads the graph as made for graphics cards, which keeps no rules for NaN: leave out --special',
  )
await useBackend('cpu')
const oracle = values.numpy ? await startNumpyOracle(process.env.PYTHON ?? 'python3') : undefined
const counts: Record<GraphResult['outcome'], number> = {
  ...{ equal: 0, unstable: 0, different: 0, refused: 0 },
  'eager-failed': 0,
}
let ops = 0
let skipped = 0
const found: string[] = []
for (let first = 0; first < graphs; first += PER_RUNTIME) {
  const runtime = await createRuntime({ threads: 1 })
  const contenders = {
    compiled: compiledBy(runtime),
    ...(oracle && { [oracle.name]: numpyBy(oracle) }),
  }
  for (let i = first; i < Math.min(first + PER_RUNTIME, graphs); i++) {
    const result = await compareGraph(contenders, seed + i, { special: values.special })
    counts[result.outcome]++
    ops += result.ops
    skipped += result.skipped.length
    if (result.outcome === 'equal' || result.outcome === 'unstable') continue
    const line = `${seed + i} ${result.outcome}: ${result.problem}`
    // tfjs lacks some gradients: a few of these tell enough.
    if (result.outcome !== 'different' && found.length >= 100) continue
    found.push(line)
    if (result.outcome === 'different') console.log(line)
  }
  await runtime.dispose()
  console.log(`${Math.min(first + PER_RUNTIME, graphs)} graphs, ${ops} ops: ${JSON.stringify(counts)}`)
  if (values.json) {
    const result = {
      name: 'fuzz-graphs',
      machine: machine(),
      seed,
      special: values.special,
      numpy: oracle?.name ?? null,
      graphs: Math.min(first + PER_RUNTIME, graphs),
      ops,
      counts,
      ...(oracle && { notByNumpy: skipped }),
      found,
    }
    await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`)
  }
}
oracle?.stop()
process.exit(counts.different === 0 ? 0 : 1)
