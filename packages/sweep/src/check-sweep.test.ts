import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkFolder } from '@tinystories/pipeline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sweepChecker } from './check-sweep.ts'
import { openSweep } from './open-sweep.ts'
import { hash } from './tasks/plan-tasks.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-sweep-'))
  const spec = { name: 'small', tokens: 10_000, grids: [{ hidden: [8], layers: [1] }] }
  await writeFile(join(folder, 'sweep.json'), JSON.stringify({ version: 1, fingerprint: 'a', spec }))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const codes = async (): Promise<string[]> => {
  const { problems, checked } = await checkFolder(folder, { checkers: [sweepChecker] })
  expect(checked.sweep).toBe(1)
  return problems.map(
    ({ path, error }) => `${path.replace(/.*\//, '')}: ${(error as Error).message.split(folder).pop()}`,
  )
}

test('reads what was asked for and every result, and compares ids and checks', async () => {
  const { tasks, store } = await openSweep(folder)
  const whole = { vocabSize: 9, stories: 3, tokens: 8 }
  await mkdir(store.folderOf(tasks[0]!), { recursive: true })
  await store.finish(tasks[0]!, whole)
  expect(await codes()).toEqual([])
  const result = join(store.folderOf(tasks[0]!), 'result.json')
  const other = { id: 'b', result: whole, check: hash(whole) }
  await writeFile(result, JSON.stringify({ ...other, check: 'wrong' }))
  expect(await codes()).toEqual([
    expect.stringMatching(new RegExp(`^result.json: .*: check: expected ${hash(whole)}, found wrong`)),
  ])
  expect(await store.result(tasks[0]!)).toBeUndefined()
  await writeFile(result, JSON.stringify(other))
  expect(await codes()).toEqual([expect.stringContaining(`: id: expected "${tasks[0]!.id}", found "b"`)])
  await writeFile(result, JSON.stringify({ ...other, result: {}, check: hash({}) }))
  expect(await codes()).toEqual([expect.stringContaining('result: vocabSize: expected')])
  await rm(result)
  await writeFile(join(store.folderOf(tasks[0]!), 'failure.json'), '[]')
  expect(await codes()).toEqual([expect.stringContaining('failure.json: id: expected')])
  await writeFile(join(folder, 'sweep.json'), '{')
  expect(await codes()).toEqual([expect.stringContaining('not valid JSON')])
})
