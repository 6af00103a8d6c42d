// Runs the property tests with new seeds: `npm run soak -- [--rounds N] [--runs N] [FILTER...]`, from the root.
// A round that fails prints the command that repeats it.
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, runs: { type: 'string', default: '1000' } },
})
const files = globSync('{packages,apps}/*/src/**/*.test.ts')
  .filter(file => readFileSync(file, 'utf8').includes("from 'fast-check'"))
  .filter(file => positionals.length === 0 || positionals.some(filter => file.includes(filter)))
if (files.length === 0) {
  console.error(`No file with property tests matches ${positionals.join(', ')}`)
  process.exit(1)
}

for (let round = 1; round <= Number(values.rounds); round++) {
  // fast-check takes seeds of 32 bits.
  const seed = { FAST_CHECK_SEED: String(randomInt(2 ** 31)), FAST_CHECK_RUNS: values.runs }
  const command = Object.entries(seed)
    .map(pair => pair.join('='))
    .join(' ')
  console.log(`Round ${round} of ${values.rounds}: ${command}`)
  const { status } = spawnSync('node_modules/.bin/vitest', ['run', '--reporter=dot', ...files], {
    stdio: 'inherit',
    env: { ...process.env, ...seed },
  })
  if (status !== 0) {
    console.error(`Seed ${seed.FAST_CHECK_SEED} fails. To repeat it: ${command} npx vitest run FILE`)
    process.exit(1)
  }
}
