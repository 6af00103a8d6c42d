import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { seededNumbers } from '../testing/toy-model.ts'

const script = fileURLToPath(new URL('../testing/kill-run.ts', import.meta.url))
const steps = 90

/** Runs the script until it ends or a line makes `killAt` true; the last line is given back. */
async function live(folder: string, killAt: (line: string) => boolean): Promise<string> {
  const args = ['--conditions=@tinystories/source', script, folder, String(steps)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) {
    last = line
    if (killAt(line)) child.kill('SIGKILL')
  }
  return last
}

test('killed again and again, a run ends in the same bits and the same metrics', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kill-'))
  try {
    const expected = await live(join(folder, 'whole'), () => false)
    expect(expected).toMatch(new RegExp(`^end ${steps} [0-9a-f]{64}$`))
    const random = seededNumbers(7)
    let kills = 0
    let found = ''
    while (kills < 8) {
      // Somewhere in the next steps, wherever the writing of a checkpoint stands then.
      let left = Math.floor(random() * 14)
      found = await live(join(folder, 'killed'), line => line.startsWith('step ') && left-- === 0)
      if (found.startsWith('end')) break
      kills++
    }
    expect(kills).toBeGreaterThanOrEqual(6)
    if (!found.startsWith('end')) found = await live(join(folder, 'killed'), () => false)
    expect(found).toBe(expected)
    const lossesOf = async (run: string): Promise<unknown[]> =>
      (await readFile(join(folder, run, 'metrics.jsonl'), 'utf8'))
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as { step: number; loss?: number; nats?: number })
        .map(({ step, loss, nats }) => [step, loss, nats])
    expect(await lossesOf('killed')).toEqual(await lossesOf('whole'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
