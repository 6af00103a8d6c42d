// Writes cells.json: of each cell what is done, the hours of its training and its numbers, with the machine. Says in the
// READMEs how many are done.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

const [out, here] = process.argv.slice(2)
const { rows, missing } = JSON.parse(readFileSync(join(here, 'report.json'), 'utf8'))
const open = new Map(missing.map(({ cell, stages }) => [cell, stages]))
const hours = hoursByModel()
const machine = thisMachine()
/** What earlier machines left: their cells are taken from the report, without the files of their trainings. */
const earlier = new Map(
  JSON.parse(readFileSync(join(here, 'cells.json'), 'utf8')).cells.map(each => [each.cell, each]),
)
const cells = rows.map(({ cell, training, probes, failures }) => ({
  cell: cell.name,
  open: open.get(cell.name) ?? [],
  failures,
  ...(training && {
    bitsPerByte: training.bitsPerByte,
    loss: training.loss,
    tokens: training.tokens,
    ...(hours.has(keyOf(training))
      ? { hours: hours.get(keyOf(training)), machine }
      : { hours: earlier.get(cell.name)?.hours, machine: earlier.get(cell.name)?.machine }),
    probes:
      probes && Object.fromEntries(Object.entries(probes).map(([kind, { accuracy }]) => [kind, accuracy])),
  }),
}))
writeFileSync(join(here, 'cells.json'), `${JSON.stringify({ cells }, null, 1)}\n`)
const done = cells.filter(({ open }) => open.length === 0).length
console.log(`${done} of ${cells.length} cells are done.`)
// Wherever the pictures are shown, it is said how much stands behind them.
for (const readme of [join(here, 'README.md'), join(here, '../../README.md')]) {
  const text = readFileSync(readme, 'utf8')
  writeFileSync(readme, text.replaceAll(/\d+ of \d+ cells/g, `${done} of ${cells.length} cells`))
}

function thisMachine() {
  const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(' ') ?? []
  const features = flags.filter(flag => /^(avx|fma|f16c|sse4|amx)/.test(flag)).join(' ')
  return { model: cpus()[0].model, cores: availableParallelism(), features, node: process.version }
}

/** Seconds of training as each run counted them; waiting for a busy processor is part of them. */
function hoursByModel() {
  const found = new Map()
  for (const name of readdirSync(join(out, 'tasks'))) {
    const result = join(out, 'tasks', name, 'result.json')
    const metrics = join(out, 'tasks', name, 'run', 'metrics.jsonl')
    if (!name.startsWith('train-') || !existsSync(result) || !existsSync(metrics)) continue
    const last = JSON.parse(readFileSync(metrics, 'utf8').trim().split('\n').at(-1))
    found.set(keyOf(JSON.parse(readFileSync(result, 'utf8')).result), last.seconds / 3600)
  }
  return found
}

function keyOf({ bitsPerByte, flops }) {
  return `${bitsPerByte} ${flops}`
}
