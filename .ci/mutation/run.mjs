// Mutation tests of the core: `npm run mutation -- [--least 85] [FILTER...]`, from the root.
//
// Stryker changes one operator, condition or literal of a file at a time and runs the tests beside it; a change that no
// test notices survives. Prints the share of killed changes and the survivors of each file, and fails below `--least`.
// docs/mutation.md explains the survivors that are left.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { files, tests } from './files.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { least: { type: 'string', default: '85' } },
})
const chosen = files.filter(file => positionals.length === 0 || positionals.some(each => file.includes(each)))
if (chosen.length === 0) {
  console.error(`No core file matches ${positionals.join(', ')}; .ci/mutation/files.mjs lists them`)
  process.exit(1)
}

const folder = '.stryker'
mkdirSync(folder, { recursive: true })
let isBelow = false
for (const file of chosen) {
  const report = `${folder}/${file.replaceAll('/', '-')}.json`
  const config = {
    mutate: [file],
    testRunner: 'vitest',
    vitest: { configFile: '.ci/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: 1,
    timeoutMS: 20_000,
    ignoreStatic: false,
    tempDirName: `${folder}/sandbox`,
    ignorePatterns: ['apps', 'benchmarks', 'docs', 'studies', '.stryker', '.vitest', 'packages/*/dist'],
    reporters: ['json'],
    jsonReporter: { fileName: report },
    logLevel: 'error',
    allowEmpty: true,
  }
  const configFile = `${folder}/config.json`
  writeFileSync(configFile, JSON.stringify(config))
  rmSync(report, { force: true })
  const { status } = spawnSync('node_modules/.bin/stryker', ['run', configFile], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, MUTATION_TESTS: tests[file] ?? `${dirname(file)}/*.test.ts` },
  })
  if (status !== 0) process.exit(status ?? 1)
  isBelow = printResult(file, JSON.parse(readFileSync(report, 'utf8'))) < Number(values.least) || isBelow
}
process.exit(isBelow ? 1 : 0)

/** Prints the result of a file; the percentage killed. */
function printResult(file, report) {
  const { mutants, source } = Object.values(report.files)[0]
  const counted = mutants.filter(
    ({ status }) => !['Ignored', 'CompileError', 'RuntimeError'].includes(status),
  )
  const alive = counted.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
  const share = counted.length === 0 ? 100 : (100 * (counted.length - alive.length)) / counted.length
  console.log(
    `${share.toFixed(1).padStart(5)} %  ${counted.length - alive.length} of ${counted.length}  ${file}`,
  )
  const lines = source.split('\n')
  for (const { location, replacement, mutatorName } of alive) {
    const { line, column } = location.start
    const text = lines[line - 1].slice(
      column - 1,
      location.end.line === line ? location.end.column - 1 : undefined,
    )
    console.log(`         ${line}:${column} ${mutatorName}: ${text.trim()} -> ${replacement.split('\n')[0]}`)
  }
  return share
}
