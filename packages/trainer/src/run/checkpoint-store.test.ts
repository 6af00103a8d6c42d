import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EngineState } from '../types.ts'
import { type CheckpointProgress, startOfRun } from './checkpoint.ts'
import { CheckpointStore } from './checkpoint-store.ts'

const shapes = { weight: [2, 3], bias: [3] }
const format = { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors }
let folder: string
let store: CheckpointStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'))
  store = new CheckpointStore({
    folder,
    format,
    shapes,
  })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const arrays = (value: number) => ({
  weight: new Float32Array(6).fill(value),
  bias: Float32Array.of(value, Math.fround(Math.PI), -0),
})
const state = (value: number): EngineState => ({
  parameters: arrays(value),
  optimizer: { '1.firstMoment': arrays(value + 1), '0/../é': arrays(value + 2) },
})
const progress = (step: number): CheckpointProgress => ({
  ...startOfRun,
  step,
  tokens: step * 10,
  bytes: step * 40,
  seconds: step / 3,
  data: { cursor: [1, 2, step] },
  metricsBytes: 7,
  bestBitsPerByte: null,
  evaluatedStep: 0,
})

test('a checkpoint that is read is bit-exact', async () => {
  await store.write(state(1), progress(5))
  const found = await store.readNewest()
  expect(found.state).toEqual(state(1))
  expect(found.progress).toEqual(progress(5))
})

test('keeps the newest two', async () => {
  for (const step of [1, 2, 3, 1000]) await store.write(state(step), progress(step))
  expect(await store.list()).toEqual(['step-00000003', 'step-00001000'])
})

test('skips a damaged checkpoint and reports it', async () => {
  await store.write(state(1), progress(1))
  const damaged = await store.write(state(2), progress(2))
  await appendFile(join(damaged, 'parameters.safetensors'), 'x')
  const warnings: string[] = []
  const found = await store.readNewest((where, reason) => warnings.push(`${where}: ${reason}`))
  expect(found.progress.step).toBe(1)
  expect(warnings).toEqual([`${damaged}: parameters.safetensors does not match its checksum`])
})

test('names the folder when there is none', async () => {
  await expect(store.readNewest()).rejects.toMatchObject({ code: 'no-checkpoint', details: { folder } })
})

test('refuses the parameters of another model, by name', async () => {
  await store.write(state(1), progress(1))
  for (const [shapes, parameter, found, expected] of [
    [{ weight: [4, 4], bias: [3] }, 'weight', 6, 16],
    [{ weight: [2, 3] }, 'bias', 3, undefined],
    [{ weight: [2, 3], bias: [3], head: [2] }, 'head', undefined, 2],
  ] as const) {
    const other = new CheckpointStore({ folder, format, shapes: shapes as never })
    await expect(other.readNewest()).rejects.toMatchObject({
      code: 'other-model',
      details: { parameter, found, expected },
    })
  }
})

test('keeps the best in addition to the newest', async () => {
  for (const step of [1, 2, 3, 4]) await store.write(state(step), { ...progress(step), bestStep: 2 })
  expect(await store.list()).toEqual(['step-00000002', 'step-00000003', 'step-00000004'])
  await store.write(state(5), { ...progress(5), bestStep: 5 })
  expect(await store.list()).toEqual(['step-00000004', 'step-00000005'])
})

test('recognises one changed byte anywhere in a checkpoint', async () => {
  await store.write(state(1), progress(1))
  const folder = await store.write(state(2), progress(2))
  for (const file of await readdir(folder)) {
    const path = join(folder, file)
    const whole = await readFile(path)
    for (const place of [0, whole.length >> 1, whole.length - 3]) {
      const damaged = Buffer.from(whole)
      damaged[place]! ^= 4
      await writeFile(path, damaged)
      expect((await store.readNewest()).progress.step, `${file}, byte ${place}`).toBe(1)
    }
    await writeFile(path, whole.subarray(0, whole.length - 5))
    expect((await store.readNewest()).progress.step, `${file}, cut off`).toBe(1)
    await rm(path)
    expect((await store.readNewest()).progress.step, `${file}, gone`).toBe(1)
    await writeFile(path, whole)
  }
  expect((await store.readNewest()).progress.step).toBe(2)
})

test('reads checkpoints of version 1, which knew less', async () => {
  const folder = await store.write(state(1), progress(1))
  const path = join(folder, 'checkpoint.json')
  const { files } = JSON.parse(await readFile(path, 'utf8')) as { files: object }
  const { step, tokens, bytes, seconds, data, metricsBytes, bestBitsPerByte, evaluatedStep } = progress(1)
  const old = { step, tokens, bytes, seconds, data, metricsBytes, bestBitsPerByte, evaluatedStep }
  await writeFile(path, JSON.stringify({ version: 1, progress: old, files }))
  const found = await store.readNewest()
  expect(found.progress).toEqual(progress(1))
  expect(found.state).toEqual(state(1))
})

test('a manifest that names a file outside its folder is not followed', async () => {
  const checkpoint = await store.write(state(1), progress(1))
  const path = join(checkpoint, 'checkpoint.json')
  const { files, progress: kept } = JSON.parse(await readFile(path, 'utf8')) as {
    files: Record<string, string>
    progress: object
  }
  const outside = { '../parameters.safetensors': files['parameters.safetensors'] }
  await writeFile(path, JSON.stringify({ version: 1, progress: kept, files: outside }))
  await expect(store.readNewest()).rejects.toMatchObject({
    code: 'damaged-checkpoints',
    details: { damaged: [{ checkpoint, problem: expect.stringContaining('files') }] },
  })
})

test('deletes what a killed process left half-written, and nothing else', async () => {
  await store.write(state(1), progress(1))
  await mkdir(join(folder, '.step-00000002.4711.tmp'))
  await writeFile(join(folder, '.step-00000002.4711.tmp/parameters.safetensors'), 'half')
  await writeFile(join(folder, 'notes.txt'), 'mine')
  await store.prepare()
  expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'step-00000001'])
})

test.skipIf(!existsSync('/dev/full'))(
  'a full disk leaves earlier checkpoints whole and nothing half-written',
  async () => {
    await store.write(state(1), progress(1))
    // The file that the second checkpoint will write is a link to a device that is always full.
    const temporary = join(folder, `.step-00000002.${process.pid}.tmp`)
    await mkdir(temporary)
    await symlink('/dev/full', join(temporary, 'optimizer-1.firstMoment.safetensors'))
    await expect(store.write(state(2), progress(2))).rejects.toMatchObject({
      name: 'FileError',
      code: 'disk-full',
    })
    expect(await readdir(folder)).toEqual(['step-00000001'])
    expect((await store.readNewest()).state).toEqual(state(1))
  },
)

/** A small file system in memory of its own; undefined where one may not mount. */
function mountSmall(at: string): (() => void) | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', at], { stdio: 'ignore' })
    return () => execFileSync('umount', [at])
  } catch {
    return undefined
  }
}

test('on a disk that is really full, and on one that is read-only, the last checkpoint stays', async context => {
  const unmount = mountSmall(folder)
  if (!unmount) {
    context.skip('mounting a file system takes root')
    return
  }
  try {
    // 96 KB a checkpoint: the second still fits, the third does not.
    const big = new CheckpointStore({ folder, format, shapes: { weight: [24_000] } })
    const bigState = (value: number): EngineState => ({
      parameters: { weight: new Float32Array(24_000).fill(value) },
      optimizer: {},
    })
    await big.write(bigState(1), progress(1))
    await big.write(bigState(2), progress(2))
    await expect(big.write(bigState(3), progress(3))).rejects.toMatchObject({
      code: 'disk-full',
      details: { path: join(folder, 'step-00000003') },
    })
    expect((await readdir(folder)).sort()).toEqual(['step-00000001', 'step-00000002'])
    expect((await big.readNewest()).state).toEqual(bigState(2))
    await rm(join(folder, 'step-00000001'), { recursive: true })
    await big.write(bigState(3), progress(3))
    execFileSync('mount', ['-o', 'remount,ro', folder])
    await expect(big.write(bigState(4), progress(4))).rejects.toMatchObject({ code: 'read-only' })
    expect((await big.readNewest()).state).toEqual(bigState(3))
  } finally {
    unmount()
  }
})
