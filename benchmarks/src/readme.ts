import { readdir, readFile, writeFile } from 'node:fs/promises'
import { type BenchmarkResult, formatTable } from './harness.ts'

const results = new URL('../results/', import.meta.url)
const readme = new URL('../README.md', import.meta.url)
const marker =
  '<!-- Below: the newest result of each for each kind of processor, written by `npm run bench -- NAME --save`. -->'

/** Writes the newest result of each benchmark for each kind of processor into benchmarks/README.md. */
export async function updateReadme(): Promise<void> {
  const newest = new Map<string, { date: string; result: BenchmarkResult }>()
  for (const file of (await readdir(results)).filter(name => name.endsWith('.json')).sort()) {
    const result = JSON.parse(await readFile(new URL(file, results), 'utf8')) as BenchmarkResult
    // What is kept of runs without figures has no table.
    if (result.rows === undefined) continue
    newest.set(`${result.name} on ${processorKind(result.machine)}`, { date: file.slice(0, 10), result })
  }
  const sections = [...newest.values()]
    .sort(
      (a, b) =>
        a.result.name.localeCompare(b.result.name) || a.result.machine.localeCompare(b.result.machine),
    )
    .map(
      ({ date, result: { name, machine, rows } }) =>
        `## ${name}\n\n${date}, ${machine}\n\n\`\`\`text\n${formatTable(rows)}\n\`\`\`\n`,
    )
  const text = await readFile(readme, 'utf8')
  await writeFile(readme, `${text.split(marker)[0]}${marker}\n\n${sections.join('\n')}`)
}

/** The processor and its vector instructions, without cores, memory and versions. */
function processorKind(machine: string): string {
  return machine.split(',')[0]!
}
