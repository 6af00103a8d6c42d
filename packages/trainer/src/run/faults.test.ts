import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faults, sampleOf, tryFaults } from '@tinystories/testing/faults'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { faultyTraining } from '../testing/faulty-training.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

// A sample; `npm run faults -- training` tries all.
test.each(faults)(
  'a run of which any one operation on files fails with %s resumes to the same result',
  async fault => {
    for (const half of [undefined, join(folder, 'half')]) {
      const { points, failures } = await tryFaults(await faultyTraining(half), {
        ...{ fault, folder: join(folder, 'run'), choose: sampleOf(5, 1) },
        compare: (received, expected, where) => expect(received, where).toEqual(expected),
      })
      expect(points).toBe(5)
      // A sweep that injects nothing would pass.
      expect(failures).toBeGreaterThan(0)
    }
  },
)
