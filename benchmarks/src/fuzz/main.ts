// Mutated inputs for every reader: npm run fuzz -- [--inputs 1000] [--seed N] [--turn 20000] [--json FILE]
// [--table FILE] [READER...]
//
// A reader may refuse an input with a coded error and nothing else, within a second of computing and its memory. What
// it must not do becomes a file of the corpus, which `npm test` reads first. Readers take turns, and a run that is ended
// continues from the JSON that it has left. The table adds up the runs with different seeds; --inputs 0 adds what a JSON has.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../harness.ts'
import type { Finding } from './fuzz-reader.ts'
import { addToTable, type FuzzTable } from './fuzz-table.ts'
import { readers } from './readers/index.ts'
import { watchReader } from './watch-reader.ts'

interface Row {
  reader: string
  inputs: number
  findings: number
  kinds: string[]
  seconds: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1000' },
    seed: { type: 'string' },
    turn: { type: 'string', default: '20000' },
    json: { type: 'string' },
    table: { type: 'string' },
  },
})
const names = Object.keys(readers).filter(
  name =>
    positionals.length === 0 ||
    positionals.some(filter => (filter in readers ? name === filter : name.includes(filter))),
)
const [inputs, turn] = [Number(values.inputs), Number(values.turn)]
const { seed, rows } = await begin()
console.log(`seed ${seed}, ${inputs} inputs for each reader`)
for (let done = 0; done < inputs; done += turn)
  for (const name of names) await takeTurn(name, Math.min(done + turn, inputs))
await writeTable()
process.exit([...rows.values()].every(({ findings }) => findings === 0) ? 0 : 1)

/** Puts the counts of this run into the table. */
async function writeTable(): Promise<void> {
  if (!values.table) return
  const text = await readFile(values.table, 'utf8').catch(() => undefined)
  const table = text === undefined ? undefined : (JSON.parse(text) as FuzzTable)
  const run = { machine: machine(), seed, counts: [...rows.values()] }
  await writeFile(values.table, `${JSON.stringify(addToTable(table, run, Object.keys(readers)), null, 2)}\n`)
}

/** What an earlier run with this seed has done. */
async function begin(): Promise<{ seed: number; rows: Map<string, Row> }> {
  const text = values.json && (await readFile(values.json, 'utf8').catch(() => undefined))
  const earlier = text ? (JSON.parse(text) as { seed: number; rows: Row[] }) : undefined
  const seed = Number(values.seed ?? earlier?.seed ?? Math.floor(Math.random() * 2 ** 31))
  const rows = earlier?.seed === seed ? earlier.rows : []
  return { seed, rows: new Map(rows.map(row => [row.reader, row])) }
}

/** Reads the inputs of one reader up to number `end`. */
async function takeTurn(reader: string, end: number): Promise<void> {
  const row = rows.get(reader) ?? { reader, inputs: 0, findings: 0, kinds: [], seconds: 0 }
  if (row.inputs >= end) return
  rows.set(reader, row)
  const corpus = join(fileURLToPath(new URL('corpus', import.meta.url)), reader)
  const start = performance.now()
  // Before the first turn come the inputs of the corpus.
  const findings = await watchReader(reader, {
    ...{ inputs: end, seed, corpus },
    ...(row.inputs > 0 && { first: row.inputs }),
  })
  // One of a kind is enough.
  const kinds = new Map(findings.map(finding => [finding.problem.split('\n').slice(0, 2).join(), finding]))
  const seconds = (performance.now() - start) / 1000
  console.log(
    `${reader}: ${end} inputs, ${findings.length} findings of ${kinds.size} kinds, ${seconds.toFixed(1)} s`,
  )
  for (const finding of kinds.values()) {
    await keepFinding(corpus, finding)
    console.log(`  ${finding.id}: ${finding.problem.split('\n').slice(0, 4).join('\n    ')}`)
  }
  row.inputs = end
  row.findings += findings.length
  row.kinds = [...new Set([...row.kinds, ...kinds.keys()])]
  row.seconds = Math.round((row.seconds + seconds) * 10) / 10
  if (!values.json) return
  const result = { name: 'fuzz', machine: machine(), seed, rows: [...rows.values()] }
  await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`)
}

/** Keeps a finding, so that every later run reads it first. */
async function keepFinding(corpus: string, { id, input }: Finding): Promise<void> {
  await mkdir(corpus, { recursive: true })
  await writeFile(join(corpus, id), input)
}
