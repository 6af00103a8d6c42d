import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faults, sampleOf, tryFaults } from '@tinystories/testing/faults'
import { expect, test } from 'vitest'
import { cases, quickCases } from './cases.ts'

// A sample; `npm run faults` tries every operation of every case.
test.each(quickCases)(
  '%s of which any one operation on files fails are continued to the same files',
  async name => {
    const work = await cases[name]!()
    const folder = await mkdtemp(join(tmpdir(), 'faults-'))
    let failures = 0
    try {
      for (const [seed, fault] of faults.entries()) {
        const tried = await tryFaults(work, {
          ...{ fault, folder: join(folder, 'work'), choose: sampleOf(4, seed) },
          compare: (received, expected, where) => expect(received, where).toEqual(expected),
        })
        expect(tried.points).toBe(4)
        failures += tried.failures
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
    // A sweep that injects nothing would pass. Tasks keep their failures instead of throwing them.
    expect(failures).toBeGreaterThan(name === 'tasks' ? 0 : 6)
  },
)
