import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** Resident bytes after each of six rounds, in a process of its own. */
async function residentAfter(what: 'runtimes' | 'functions' | 'steps'): Promise<number[]> {
  const script = fileURLToPath(new URL('../testing/memory-script.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@tinystories/source',
    '--expose-gc',
    script,
    what,
  ])
  return JSON.parse(stdout) as number[]
}

/** How much more there is at the end than after the second round, by which allocators have settled. */
const growth = (resident: number[]): number => resident.at(-1)! - resident[1]!
const MB = 2 ** 20

describe('memory', () => {
  // What is kept by mistake would be, each of four times, at least a state of 32 MB; sessions hold several as large.
  it('is returned when a runtime is disposed of', async () => {
    expect(growth(await residentAfter('runtimes'))).toBeLessThan(64 * MB)
  })

  it('is returned when a function is disposed of', async () => {
    expect(growth(await residentAfter('functions'))).toBeLessThan(64 * MB)
  })

  it('does not grow with the steps', async () => {
    // 800 runs that each kept one tensor of 16 KB would make 13 MB.
    expect(growth(await residentAfter('steps'))).toBeLessThan(10 * MB)
  })
})
