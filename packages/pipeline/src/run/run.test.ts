import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type GptConfig, gptConfig, initParameterArrays } from '@tinystories/model'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { loadTokenizer, trainTokenizer } from '@tinystories/tokenizer'
import { FileError } from '@tinystories/utils/disk'
import { InputError } from '@tinystories/utils/schema'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { PipelineError } from '../errors.ts'
import { evaluate } from '../evaluate.ts'
import { generate } from '../generate.ts'
import { saveModel } from '../model/save-model.ts'
import type { PlanEvent } from './plan.ts'
import { planResume } from './plan-resume.ts'
import { planRun } from './plan-run.ts'
import { prepareRun } from './prepare-run.ts'
import { readMetrics } from './read-metrics.ts'
import type { RunOptions } from './run-options.ts'
import { train } from './train.ts'
import type { TrainEvent } from './train-event.ts'

let folder: string
let options: RunOptions
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-pipeline-'))
  const stories = Array.from({ length: 200 }, (_, i) => `The cat had ${i} red balls. It gave ${i % 7} away.`)
  const data = join(folder, 'stories.txt')
  await writeFile(data, stories.join('\n<|endoftext|>\n'))
  options = { data, vocabSize: 250, hiddenSize: 16, layers: 1, heads: 2, contextLength: 12, batchSize: 4 }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The error that a call ends with. */
async function failure(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('nothing failed')
}

async function losses(run: string): Promise<unknown[]> {
  const { lines } = await readMetrics(join(folder, run, 'metrics.jsonl'))
  return lines.filter(line => line.type === 'step').map(line => [line.step, line.loss])
}

describe('a run', () => {
  const written = vi.spyOn(process.stdout, 'write')
  const planned: PlanEvent[] = []
  const events: TrainEvent[] = []
  beforeAll(async () => {
    const plan = await planRun({ ...options, steps: 8 }, { onEvent: event => planned.push(event) })
    expect(await readdir(folder)).toEqual(['stories.txt'])
    await train(await prepareRun(plan, join(folder, 'runs/whole')), { onEvent: event => events.push(event) })
  })

  test('reports what happens as events, in their order, and writes nothing to the console', () => {
    expect(new Set(planned.map(({ type }) => type))).toEqual(new Set(['vocabulary', 'stories']))
    const order = events.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1])
    expect(order).toEqual(['start', 'needs', 'metrics', 'end', 'score', 'story'])
    expect(written).not.toHaveBeenCalled()
  })

  test('continued after it was stopped ends bit-exact as without the stop', async () => {
    const controller = new AbortController()
    const plan = await planRun({ ...options, steps: 8 })
    const stopped = await train(await prepareRun(plan, join(folder, 'runs/stopped')), {
      signal: controller.signal,
      onEvent: event => event.type === 'metrics' && event.line.step === 3 && controller.abort(),
    })
    expect(stopped.status).toBe('aborted')
    const resumed = await planResume(join(folder, 'runs/stopped'), { evaluateEvery: 2 })
    await train(await prepareRun(resumed, ''))
    expect(await losses('runs/stopped')).toEqual(await losses('runs/whole'))
    const weights = (run: string): Promise<Buffer> =>
      readFile(join(folder, 'runs', run, 'checkpoints/step-00000008/parameters.safetensors'))
    expect(await weights('stopped')).toEqual(await weights('whole'))
  })

  test('fitted to its machine is from then on a run of so many steps', async () => {
    const plan = await planRun({ ...options, steps: 4 })
    const fit = { seconds: 1e-9, maxEpochs: null }
    const out = join(folder, 'fitted')
    const prepared = await prepareRun({ ...plan, settings: { ...plan.settings, fit } }, out)
    const events: TrainEvent[] = []
    const result = await train(prepared, { onEvent: event => events.push(event) })
    expect(result.step).toBe(1)
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(['start', 'fitted', 'needs'])
    expect(events[1]).toMatchObject({ steps: 1, by: 'time' })
    expect(events[2]).toMatchObject({ plannedTokens: 4 * 12 })
    expect((await planResume(out, {})).settings).toMatchObject({ fit: null, limits: { steps: 1 } })
    expect((await planResume(out, { steps: 3 })).settings).toMatchObject({ fit: null, limits: { steps: 3 } })
  })

  test('can be evaluated and generated from', async () => {
    const model = join(folder, 'runs/whole')
    const { score } = await evaluate({ model, data: options.data! })
    const text = (await readFile(options.data!, 'utf8')).replaceAll('\n<|endoftext|>\n', '')
    expect(score.bytes).toBe(text.length)
    let story = ''
    for await (const piece of generate({ model, prompt: 'The cat', seed: 1, maxTokens: 5 }))
      story += piece.text
    expect(story).toMatch(/^The cat/)
  })

  test('refuses on resuming what would change it, by the names of the options', async () => {
    const run = join(folder, 'runs/whole')
    const fixed = await failure(() => planResume(run, { hiddenSize: 32, learningRate: 1e-3 }))
    expect(fixed).toMatchObject({ code: 'fixed-settings', details: { options: ['hiddenSize'] } })
    const forced = await failure(() => planResume(run, { learningRate: 1e-3 }))
    expect(forced).toMatchObject({ code: 'forced-settings', details: { options: ['learningRate'] } })
  })

  test('keeps its folder to itself', async () => {
    const plan = await planRun({ ...options, steps: 1 })
    const error = await failure(() => prepareRun(plan, join(folder, 'runs/whole')))
    expect(PipelineError.isInstance(error) && error.code).toBe('run-exists')
  })
})

describe('a run from weights that are there', () => {
  let from: string
  let config: GptConfig
  let weights: Record<string, Float32Array>
  beforeAll(async () => {
    from = join(folder, 'published')
    await mkdir(from)
    const texts = (await readFile(options.data!, 'utf8')).split('\n<|endoftext|>\n')
    const tokenizer = await trainTokenizer(texts, { style: 'gpt2', vocabSize: 300 })
    const { vocabSize } = tokenizer
    const sizes = { vocabSize, contextLength: 64, hiddenSize: 16, heads: 2, layers: 2 }
    config = gptConfig('tinystories-1m', sizes)
    weights = initParameterArrays(config, 3)
    await saveModel(from, { config, parameters: weights, tokenizer })
  })

  test('takes configuration, weights and tokenizer along, and trains on shorter windows', async () => {
    const plan = await planRun({ data: options.data!, from, learningRate: 1e-9, batchSize: 4, steps: 2 })
    expect(plan.settings).toMatchObject({ from, preset: null, model: config })
    expect(plan.settings.windowLength).toBeLessThan(64)
    const run = join(folder, 'runs/tuned')
    const losses: number[] = []
    await train(await prepareRun(plan, run), {
      onEvent: event =>
        event.type === 'metrics' && event.line.type === 'step' && losses.push(event.line.loss),
    })
    const tuned = await loadPretrainedArrays(join(run, 'model'))
    expect(tuned.config).toEqual(config)
    // Two steps at a rate of 1e-9 leave the weights where they were.
    for (const [name, values] of Object.entries(weights))
      expect(
        Math.max(...values.map((value, i) => Math.abs(value - tuned.parameters[name]![i]!))),
      ).toBeLessThan(1e-7)
    const published = await loadTokenizer(from)
    expect((await loadTokenizer(join(run, 'model'))).toJSON()).toEqual(published.toJSON())
    // A model of random weights knows nothing: the loss is that of a uniform guess, within its noise.
    expect(losses[0]).toBeNear(Math.log(config.vocabSize), { absolute: 0.2 })
    await train(await prepareRun(await planResume(run, { steps: 3 }), ''))
    expect(
      (await readMetrics(join(run, 'metrics.jsonl'))).lines.filter(({ type }) => type === 'step'),
    ).toHaveLength(3)
  })

  test.each([
    [{ hiddenSize: 32 }, 'decided-by-model'],
    [{ vocabSize: 100 }, 'decided-by-model'],
    [{ contextLength: 65 }, 'context-too-long'],
    [{ from: '/nowhere' }, 'no-model'],
  ])('is refused with %j', async (wrong, code) => {
    expect(await failure(() => planRun({ data: options.data!, from, ...wrong }))).toMatchObject({ code })
  })

  test('is what to do with a published model that someone wants to resume', async () => {
    expect(await failure(() => planResume(from, {}))).toMatchObject({ code: 'model-without-run' })
  })
})

describe('a run that cannot begin leaves nothing', () => {
  test.each([
    ['a learning rate that the schedule refuses', { learningRate: 1 }, 'invalid-option'],
    ['an engine that is not installed', { engine: 'node-gpu' as const }, 'missing-package'],
  ])('%s', async (_name, wrong, code) => {
    const before = await readdir(folder, { recursive: true })
    const plan = await planRun({ ...options, ...wrong, steps: 1 })
    const prepared = await prepareRun(plan, join(folder, 'new/deep/run'))
    expect(await failure(() => train(prepared))).toMatchObject({ code })
    expect(await readdir(folder, { recursive: true })).toEqual(before)
  })

  test('an interruption before the first step', async () => {
    const before = await readdir(folder, { recursive: true })
    const controller = new AbortController()
    const prepared = await prepareRun(await planRun({ ...options, steps: 1 }), join(folder, 'new/run'))
    controller.abort()
    expect(await failure(() => train(prepared, { signal: controller.signal }))).toBe(controller.signal.reason)
    expect(await readdir(folder, { recursive: true })).toEqual(before)
  })

  test('a prompt that fills the context', async () => {
    const prompt = 'The cat had red balls and gave them all away to the cat'
    const error = await failure(() => planRun({ ...options, prompt }))
    expect(PipelineError.isInstance(error) && error.code).toBe('prompt-too-long')
  })

  test('a folder that a file system does not allow', async () => {
    const error = await failure(async () => prepareRun(await planRun(options), '/proc/x/y'))
    expect(FileError.isInstance(error) && error.code).toBe('unsupported')
  })
})

test.each([
  ['{"version":1}', 'data'],
  ['{"version":2}', 'version'],
  ['null', ''],
])('settings %s are refused by the place that is wrong', async (text, path) => {
  await writeFile(join(folder, 'config.json'), text)
  const error = await failure(() => planResume(folder, {}))
  await rm(join(folder, 'config.json'))
  expect(InputError.isInstance(error) && error.details).toMatchObject({ path })
})
