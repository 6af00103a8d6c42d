// Fails every operation on files of every case, in turn and in four ways, and compares what the work leaves when it is
// done again: npm run faults -- [--json FILE] [--fault ENOSPC,kill] [--points N] [CASE...]
import { deepStrictEqual } from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { faults, sampleOf, tryFaults } from '@tinystories/testing/faults'
import { machine } from '../harness.ts'
import { cases } from './cases.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, points: { type: 'string' }, fault: { type: 'string' } },
})
const rows: {
  case: string
  fault: string
  points: number
  of: number
  failures: number
  problem?: string
}[] = []
for (const [name, create] of Object.entries(cases)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue
  const work = await create()
  const folder = await mkdtemp(join(tmpdir(), 'faults-'))
  for (const fault of faults) {
    if (values.fault !== undefined && !values.fault.split(',').includes(fault)) continue
    let [tried, of] = [0, 0]
    try {
      const { points, failures } = await tryFaults(work, {
        ...{ fault, folder: join(folder, 'work') },
        ...(values.points !== undefined && { choose: sampleOf(Number(values.points), rows.length) }),
        onPoint: (_, total) => {
          tried++
          of = total
        },
        compare: (received, expected, where) => deepStrictEqual(received, expected, where),
      })
      rows.push({ case: name, fault, points, of, failures })
    } catch (error) {
      const problem = error instanceof Error ? error.message.slice(0, 2000) : String(error)
      rows.push({ case: name, fault, points: tried - 1, of, failures: 0, problem })
    }
    const { points, failures, problem } = rows.at(-1)!
    console.log(
      `${name}, ${fault}: ${points} of ${of} points, ${failures} failures${problem ? `: ${problem}` : ', all equal'}`,
    )
    if (values.json)
      await writeFile(
        values.json,
        `${JSON.stringify({ name: 'faults', machine: machine(), rows }, null, 2)}\n`,
      )
  }
  await rm(folder, { recursive: true, force: true })
}
console.log(`${rows.reduce((sum, { points }) => sum + points, 0)} points tried`)
process.exit(rows.every(({ problem }) => problem === undefined) ? 0 : 1)
