// Mutated inputs for every reader: npm run fuzz -- [--inputs 1000] [--seed N] [--json FILE] [READER...]
//
// A reader may refuse an input with a coded error and nothing else, within a second of computing and its memory. What
// it must not do becomes a file of the corpus, which `npm test` reads first.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { machine } from '../harness.ts'
import type { Finding } from './fuzz-reader.ts'
import { readers } from './readers/index.ts'
import { watchReader } from './watch-reader.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    json: { type: 'string' },
  },
})
const names = Object.keys(readers).filter(
  name => positionals.length === 0 || positionals.some(filter => name.includes(filter)),
)
const [inputs, seed] = [Number(values.inputs), Number(values.seed)]
console.log(`seed ${seed}, ${inputs} inputs for each reader`)
const rows: { reader: string; inputs: number; findings: number; kinds: string[]; seconds: number }[] = []
for (const reader of names) {
  const corpus = join(fileURLToPath(new URL('corpus', import.meta.url)), reader)
  const start = performance.now()
  const findings = await watchReader(reader, { inputs, seed, corpus })
  // One of a kind is enough.
  const kinds = new Map(findings.map(finding => [finding.problem.split('\n').slice(0, 2).join(), finding]))
  const seconds = Math.round((performance.now() - start) / 100) / 10
  console.log(`${reader}: ${findings.length} findings of ${kinds.size} kinds, ${seconds} s`)
  for (const finding of kinds.values()) {
    await keepFinding(corpus, finding)
    console.log(`  ${finding.id}: ${finding.problem.split('\n').slice(0, 4).join('\n    ')}`)
  }
  rows.push({ reader, inputs, findings: findings.length, kinds: [...kinds.keys()], seconds })
  // After each reader, so that a long run that is ended leaves what it has done.
  if (values.json)
    await writeFile(
      values.json,
      `${JSON.stringify({ name: 'fuzz', machine: machine(), seed, rows }, null, 2)}\n`,
    )
}
process.exit(rows.every(({ findings }) => findings === 0) ? 0 : 1)

/** Keeps a finding, so that every later run reads it first. */
async function keepFinding(corpus: string, { id, input }: Finding): Promise<void> {
  await mkdir(corpus, { recursive: true })
  await writeFile(join(corpus, id), input)
}
