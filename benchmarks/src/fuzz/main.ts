// Mutated inputs for every reader: npm run fuzz -- [--inputs 1000] [--seed N] [READER...]
//
// A reader may refuse an input with a coded error and nothing else. What it must not do becomes a file of the corpus,
// which `npm test` reads first.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fuzzReader, keepFinding } from './fuzz-reader.ts'
import { readers } from './readers.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const names = Object.keys(readers).filter(
  name => positionals.length === 0 || positionals.some(filter => name.includes(filter)),
)
console.log(`seed ${values.seed}, ${values.inputs} inputs for each reader`)
let found = 0
for (const name of names) {
  const corpus = join(fileURLToPath(new URL('corpus', import.meta.url)), name)
  const start = performance.now()
  const options = { inputs: Number(values.inputs), seed: Number(values.seed), corpus }
  const findings = await fuzzReader(readers[name]!, options)
  // One of a kind is enough.
  const kinds = new Map(findings.map(finding => [finding.problem.split('\n').slice(0, 2).join(), finding]))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${name}: ${findings.length} findings of ${kinds.size} kinds, ${seconds} s`)
  for (const finding of kinds.values()) {
    await keepFinding(corpus, finding)
    console.log(`  ${finding.id}: ${finding.problem.split('\n').slice(0, 4).join('\n    ')}`)
  }
  found += findings.length
}
process.exit(found === 0 ? 0 : 1)
