import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { faults, withFaultyDisk } from '@tinystories/testing/faults'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FileError } from './file-error.ts'
import { appendText, listFolder, removePath, truncateFile } from './file-steps.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steps-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('append, cut off, list and remove', async () => {
  const path = join(folder, 'a')
  await appendText(path, 'one')
  await appendText(path, 'two')
  await truncateFile(path, 4)
  expect(await readFile(path, 'utf8')).toBe('onet')
  expect(await listFolder(folder)).toEqual(['a'])
  await mkdir(join(folder, 'b/c'), { recursive: true })
  await removePath(join(folder, 'b'))
  await removePath(path)
  await removePath(path)
  expect(await listFolder(folder)).toEqual([])
  expect(await listFolder(join(folder, 'none'))).toEqual([])
})

test.each(faults)(
  'what fails with %s is a FileError with its path, and an unreadable folder is not empty',
  async fault => {
    const path = join(folder, 'a')
    for (const step of [
      () => removePath(path),
      () => appendText(path, 'x'),
      () => truncateFile(path, 0),
      () => listFolder(path),
    ]) {
      let error: unknown
      await withFaultyDisk(1, fault, async () => {
        await step().catch(reason => {
          error = reason
        })
      })
      expect(FileError.isInstance(error) && error.details.path).toBe(path)
    }
  },
)
