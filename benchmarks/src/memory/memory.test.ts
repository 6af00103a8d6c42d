import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

/** Runs one of the programs in a process whose heap is small. @returns bytes at its two points */
async function measure(program: string, count: number): Promise<[number, number]> {
  const folder = await mkdtemp(join(tmpdir(), 'memory-'))
  try {
    const script = fileURLToPath(new URL(program, import.meta.url))
    // Code that is thrown away between the points would look like memory that is given back.
    const flags = ['--conditions=@tinystories/source', '--max-old-space-size=64', '--no-flush-bytecode']
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, folder, String(count)])
    return JSON.parse(stdout)
  } finally {
    await rm(folder, { recursive: true })
  }
}

// The benchmark `scale` measures 20,000 gradings against a server, and 500 runs.
test('a grading keeps its judgment, of some 800 bytes here, and nothing else', async () => {
  const [half, all] = await measure('gradings.ts', 1000)
  expect((all - half) / 500).toBeLessThan(1400)
})

test('a run keeps the points that the page draws, of some 300,000 bytes, and not its 8,000 steps', async () => {
  const [quarter, all] = await measure('runs.ts', 16)
  expect((all - quarter) / 12).toBeLessThan(450_000)
})
