import { fuzzReader } from './fuzz-reader.ts'
import { readers } from './readers/index.ts'

for (const name of Object.keys(readers)) {
  if (process.argv[2] && !process.argv.slice(2).includes(name)) continue
  const n = Number(process.env.N ?? 200)
  const a = process.cpuUsage()
  await fuzzReader(readers[name]!, { inputs: 0, seed: 3, corpus: '/nonexistent' })
  const b = process.cpuUsage()
  const f = await fuzzReader(readers[name]!, { inputs: n, seed: 3, corpus: '/nonexistent' })
  const c = process.cpuUsage()
  console.log(
    name,
    ((b.user + b.system - a.user - a.system) / 1000).toFixed(0),
    'ms setup',
    ((c.user + c.system - b.user - b.system) / 1000 / n).toFixed(3),
    'ms/input user',
    ((c.user - b.user) / 1000 / n).toFixed(3),
    f.length,
  )
}
process.exit(0)
