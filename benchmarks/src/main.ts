import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Benchmark, formatTable } from './harness.ts'
import { updateReadme } from './readme.ts'

const usage = `Usage: npm run bench -- NAME [--save]

--save also writes the result to benchmarks/results/DATE-NAME.json and shows it in benchmarks/README.md. Measure with nothing else running.
`

const benchmarks = await loadBenchmarks()
const {
  positionals: [name],
  values: { save },
} = parseArgs({ allowPositionals: true, options: { save: { type: 'boolean', default: false } } })

if (name === undefined) {
  const width = Math.max(...benchmarks.map(benchmark => benchmark.name.length))
  const lines = benchmarks.map(benchmark => `  ${benchmark.name.padEnd(width)}  ${benchmark.description}`)
  console.log(`${usage}\nBenchmarks:\n${lines.join('\n')}`)
} else {
  const benchmark = benchmarks.find(candidate => candidate.name === name)
  if (!benchmark) {
    console.error(
      `error: there is no benchmark "${name}": take ${benchmarks.map(({ name }) => name).join(', ')}`,
    )
    process.exit(1)
  }
  const result = await benchmark.run()
  console.log(formatTable(result.rows))
  if (save) {
    const folder = new URL('../results/', import.meta.url)
    await mkdir(folder, { recursive: true })
    const date = new Date().toISOString().slice(0, 10)
    await writeFile(new URL(`${date}-${name}.json`, folder), `${JSON.stringify(result, null, 2)}\n`)
    await updateReadme()
  }
  console.log(JSON.stringify(result))
}

async function loadBenchmarks(): Promise<Benchmark[]> {
  const folder = new URL('./suites/', import.meta.url)
  const files = (await readdir(folder)).filter(file => file.endsWith('.ts')).sort()
  return Promise.all(files.map(file => import(new URL(file, folder).href) as Promise<Benchmark>))
}
