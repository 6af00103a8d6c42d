import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BenchmarkResult, machine } from '../harness.ts'

export const name = 'main-job'
export const description =
  'what `turbo run train` does without flags: time and peak memory against their bounds'

const cli = fileURLToPath(new URL('../../../apps/cli/src/main.ts', import.meta.url))
const bounds = { seconds: 240, bytes: 1.5e9 }

/** One run: it is long, and its bounds are far from what it takes. */
export async function run(): Promise<BenchmarkResult> {
  const folder = await mkdtemp(join(tmpdir(), 'main-job-'))
  try {
    const began = performance.now()
    const child = spawn(
      process.execPath,
      ['--conditions=@tinystories/source', cli, 'train', '--out', join(folder, 'run')],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    let peak: number | null = null
    const poll = setInterval(async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
      const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
      if (kilobytes) peak = Number(kilobytes) * 1024
    }, 200)
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
    clearInterval(poll)
    const seconds = (performance.now() - began) / 1000
    if (code !== 0) throw new Error(`the main job ended with exit code ${String(code)}`)
    const score = JSON.parse(await readFile(join(folder, 'run/model/evaluation.json'), 'utf8')) as {
      bitsPerByte: number
    }
    const rows = [
      { metric: 'seconds', ours: seconds, peerValue: bounds.seconds },
      // Linux reports the peak of a process; elsewhere this row is left out.
      ...(peak === null ? [] : [{ metric: 'peak bytes', ours: peak as number, peerValue: bounds.bytes }]),
    ].map(row => ({ case: 'bundled corpus', peer: 'bound', ...row, ratio: row.peerValue / row.ours }))
    return {
      name,
      machine: machine(),
      rows: [
        ...rows,
        {
          case: 'bundled corpus',
          metric: 'bits per byte, held out',
          ours: score.bitsPerByte,
          peer: 'none',
          peerValue: null,
          ratio: null,
        },
      ],
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
