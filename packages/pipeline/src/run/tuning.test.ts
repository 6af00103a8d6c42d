import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initAdapter } from '@tinystories/model'
import { encodeSafetensors, loadPretrainedArrays, openSafetensors } from '@tinystories/model/files'
import { type Checkpoint, CheckpointStore } from '@tinystories/trainer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluate } from '../evaluate.ts'
import { exportModel } from '../export/export-model.ts'
import { withAdapter } from '../model/with-adapter.ts'
import { createOptimizer } from '../recipe/optimizer.ts'
import { planResume } from './plan-resume.ts'
import { planRun } from './plan-run.ts'
import { prepareRun } from './prepare-run.ts'
import { readMetrics } from './read-metrics.ts'
import { runModel } from './run-model.ts'
import type { RunOptions } from './run-options.ts'
import { train } from './train.ts'
import { planTuning } from './tuning.ts'

const shapes = (arrays: Record<string, Float32Array>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { length }]) => [name, [length]]))
const readCheckpoint = ({
  folder,
  shapes,
}: {
  folder: string
  shapes: Record<string, number[]>
}): Promise<Checkpoint> =>
  new CheckpointStore({ folder: join(folder, 'checkpoints'), shapes, format }).readNewest()
const format = { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors }

let folder: string
let from: string
let options: RunOptions
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-tuning-'))
  from = join(folder, 'from')
  const stories = Array.from({ length: 80 }, (_, i) => `The cat had ${i} red balls. It gave ${i % 7} away.`)
  const data = join(folder, 'stories.txt')
  await writeFile(data, stories.join('\n<|endoftext|>\n'))
  options = { data, batchSize: 4, contextLength: 12, schedule: 'constant', warmupSteps: 0, steps: 3 }
  const sizes = { vocabSize: 250, hiddenSize: 16, layers: 2, heads: 2, preset: 'tinystories-1m' as const }
  await train(await prepareRun(await planRun({ ...options, ...sizes, seed: 3 }), from))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function run(name: string, change: RunOptions): Promise<string> {
  const at = join(folder, name)
  // What a run needs is measured only where somebody listens.
  await train(await prepareRun(await planRun({ ...options, from, ...change }), at), { onEvent: () => {} })
  return at
}

test.each(['compiled', 'cpu'] as const)(
  'adapters alone are trained on %s, saved as PEFT has them, and merged into the model',
  async engine => {
    const at = await run(`lora-${engine}`, { lora: 2, loraTargets: ['q_proj', 'mlp.c_fc'], engine })
    const base = await loadPretrainedArrays(join(from, 'model'))
    const { parameters } = await loadPretrainedArrays(join(at, 'model'))
    expect((await readdir(join(at, 'adapter'))).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ])
    // Of queries, keys and values only the first changed.
    const changed = Object.keys(parameters).filter(
      name => String(parameters[name]) !== String(base.parameters[name]),
    )
    expect(changed).toEqual(
      [0, 1].flatMap(i => [`layers.${i}.attention.qkv.weight`, `layers.${i}.mlp.up.weight`]),
    )
    const qkv = parameters['layers.0.attention.qkv.weight']!
    const before = base.parameters['layers.0.attention.qkv.weight']!
    expect(qkv.every((value, i) => i % 48 < 16 || value === before[i])).toBe(true)
    expect(await withAdapter(join(at, 'adapter'), base)).toEqual(parameters)
    const { lines } = await readMetrics(join(at, 'metrics.jsonl'))
    const losses = lines.filter(line => line.type === 'step').map(line => line.loss!)
    expect(losses.at(-1)!).toBeLessThan(losses[0]!)
  },
)

test('an adapter is evaluated, exported and resumed like a whole model', async () => {
  const at = join(folder, 'lora-cpu')
  const data = options.data!
  const merged = await evaluate({ model: at, data, engine: 'cpu' })
  const added = await evaluate({ model: from, adapter: join(at, 'adapter'), data, engine: 'cpu' })
  expect(added.score).toEqual(merged.score)
  expect((await evaluate({ model: from, data, engine: 'cpu' })).score.nats).not.toBe(merged.score.nats)
  const target = join(folder, 'exported')
  await exportModel({ model: from, adapter: join(at, 'adapter'), format: 'transformers', folder: target })
  expect((await loadPretrainedArrays(target)).parameters).toEqual(
    (await loadPretrainedArrays(join(at, 'model'))).parameters,
  )
  // Six steps in one go end as three and three do.
  const whole = await run('lora-whole', {
    lora: 2,
    loraTargets: ['q_proj', 'mlp.c_fc'],
    engine: 'cpu',
    steps: 6,
  })
  const halves = join(folder, 'lora-halves')
  await cp(at, halves, { recursive: true })
  await train(await prepareRun(await planResume(halves, { steps: 6 }), ''))
  const names = shapes({
    ...(await loadPretrainedArrays(join(from, 'model'))).parameters,
    ...initAdapter((await loadPretrainedArrays(join(from, 'model'))).config, {
      ...{ rank: 2, alpha: 4 },
      targets: ['q_proj', 'mlp.c_fc'],
    }),
  })
  const [one, other] = await Promise.all(
    [whole, halves].map(at => readCheckpoint({ folder: at, shapes: names })),
  )
  expect(other!.state).toEqual(one!.state)
})

test('frozen parameters stay, and layers have learning rates of their own', async () => {
  const base = await loadPretrainedArrays(join(from, 'model'))
  const at = await run('frozen', { freeze: ['embedding.*', 'layers.0.*'], engine: 'cpu' })
  const { parameters } = await loadPretrainedArrays(join(at, 'model'))
  for (const [name, values] of Object.entries(parameters)) {
    const isFrozen = /^(embedding|layers\.0)\./.test(name)
    expect(String(values) === String(base.parameters[name]), name).toBe(isFrozen)
  }
  const rates = { 'layers.1.*': 0, finalNorm: 1 }
  await expect(planRun({ ...options, from, learningRates: rates })).rejects.toMatchObject({
    code: 'unmatched-pattern',
    details: { option: 'learningRates', pattern: 'finalNorm' },
  })
  const still = await run('still', { learningRates: { 'layers.1.*': 0 }, engine: 'cpu' })
  const after = await loadPretrainedArrays(join(still, 'model'))
  for (const [name, values] of Object.entries(after.parameters))
    expect(String(values) === String(base.parameters[name]), name).toBe(name.startsWith('layers.1.'))
})

test('rates fall from the last layer to the embeddings', () => {
  const config = gptConfig('tinystories-1m', { vocabSize: 100, layers: 3 })
  expect(planTuning({ layerDecay: 0.5, learningRates: { 'layers.2.*': 2 } }, config).learningRates).toEqual({
    'layers.2.*': 2,
    'layers.1.*': 0.5,
    'layers.0.*': 0.25,
    'embedding.*': 0.125,
  })
})

test('a kept optimizer goes on from its state and its count of steps', async () => {
  const { parameters } = await loadPretrainedArrays(join(from, 'model'))
  const before = await readCheckpoint({ folder: from, shapes: shapes(parameters) })
  const plan = await planRun({ ...options, from, keepOptimizer: true })
  expect(plan.settings.keptSteps).toBe(3)
  expect(plan.weights).toEqual(before.state.parameters)
  expect(plan.optimizerState).toEqual(before.state.optimizer)
  expect(runModel(plan.settings).optimizer.scalars(1)).toEqual(createOptimizer(plan.settings).scalars(4))
  const at = join(folder, 'kept')
  await train(await prepareRun(plan, at))
  const after = await readCheckpoint({ folder: at, shapes: shapes(parameters) })
  const [slot] = Object.keys(after.state.optimizer).filter(name => name.endsWith('secondMoment'))
  // Three steps leave 0.95³ of the second moment that was there, and add to it.
  const kept = before.state.optimizer[slot!]!['embedding.position']!
  const now = after.state.optimizer[slot!]!['embedding.position']!
  expect(now.every((value, i) => value >= 0.95 ** 3 * kept[i]! * (1 - 1e-5))).toBe(true)
  expect(kept.some(value => value > 0)).toBe(true)
  await cp(join(from, 'model'), join(folder, 'published'), { recursive: true })
  const published = planRun({ ...options, from: join(folder, 'published'), keepOptimizer: true })
  await expect(published).rejects.toMatchObject({ code: 'no-optimizer-state' })
})

test.each<[RunOptions, string]>([
  [{ lora: 2 }, 'needs-from'],
  [{ keepOptimizer: true }, 'needs-from'],
  [{ adapter: 'a' }, 'needs-from'],
  [{ from: 'x', loraAlpha: 2 }, 'needs-lora'],
  [{ from: 'x', lora: 2, freeze: ['a'] }, 'options-exclude'],
  [{ from: 'x', freeze: ['a'], keepOptimizer: true }, 'options-exclude'],
])('refuses %j: %s', async (change, code) => {
  await expect(planRun({ ...options, ...change })).rejects.toMatchObject({ code })
})

test('refuses patterns and targets that fit nothing, or everything', async () => {
  const plan = (change: RunOptions) => planRun({ ...options, from, ...change })
  await expect(plan({ freeze: ['layer.*'] })).rejects.toMatchObject({ code: 'unmatched-pattern' })
  await expect(plan({ freeze: ['*'] })).rejects.toMatchObject({ code: 'nothing-to-train' })
  await expect(plan({ lora: 2, loraTargets: ['query'] })).rejects.toMatchObject({ code: 'unknown-target' })
})
