import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeSafetensors, openSafetensors } from '@tinystories/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CheckpointProgress, CheckpointStore } from './checkpoints.ts'
import type { EngineState } from './types.ts'

const shapes = { weight: [2, 3], bias: [3] }
let folder: string
let store: CheckpointStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'))
  store = new CheckpointStore({
    folder,
    format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
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
  optimizer: { firstMoment: arrays(value + 1), 'second.secondMoment': arrays(value + 2) },
})
const progress = (step: number): CheckpointProgress => ({
  step,
  tokens: step * 10,
  bytes: step * 40,
  seconds: step / 3,
  data: { cursor: [1, 2, step] },
  metricsBytes: 7,
  bestBitsPerByte: null,
  evaluatedStep: 0,
})

test('comes back bit for bit', async () => {
  await store.write(state(1), progress(5))
  const found = await store.readNewest()
  expect(found.state).toEqual(state(1))
  expect(found.progress).toEqual(progress(5))
})

test('keeps the newest two', async () => {
  for (const step of [1, 2, 3, 1000]) await store.write(state(step), progress(step))
  expect(await store.list()).toEqual(['step-00000003', 'step-00001000'])
})

test('passes over a damaged checkpoint and says so', async () => {
  await store.write(state(1), progress(1))
  const damaged = await store.write(state(2), progress(2))
  await appendFile(join(damaged, 'parameters.safetensors'), 'x')
  const warnings: string[] = []
  const found = await store.readNewest((where, reason) => warnings.push(`${where}: ${reason}`))
  expect(found.progress.step).toBe(1)
  expect(warnings).toEqual([`${damaged}: parameters.safetensors does not match its checksum`])
})

test('says what to do when there is none', async () => {
  await expect(store.readNewest()).rejects.toThrow(/No checkpoint in .*Start it anew without --resume/)
})

test('refuses the parameters of another model', async () => {
  await store.write(state(1), progress(1))
  const other = new CheckpointStore({
    folder,
    format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
    shapes: { weight: [4, 4], bias: [3] },
  })
  await expect(
    other.readNewest((_, reason) => expect(reason).toMatch(/weight is not the \[4, 4\]/)),
  ).rejects.toThrow(/None of the 1 checkpoints/)
})

test.skipIf(!existsSync('/dev/full'))(
  'a full disk leaves earlier checkpoints whole and nothing half-written',
  async () => {
    await store.write(state(1), progress(1))
    // The file that the second checkpoint will write is a link to a device that is always full.
    const temporary = join(folder, `.step-00000002.${process.pid}.tmp`)
    await mkdir(temporary)
    await symlink('/dev/full', join(temporary, 'optimizer-firstMoment.safetensors'))
    await expect(store.write(state(2), progress(2))).rejects.toThrow(
      /Disk full.*Earlier checkpoints are untouched/,
    )
    expect(await readdir(folder)).toEqual(['step-00000001'])
    expect((await store.readNewest()).state).toEqual(state(1))
  },
)
