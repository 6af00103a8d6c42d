import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import type { Story } from '@tinystories/dataset'
import type { InstructTemplate } from '@tinystories/dataset/instruct'
import { parseCompletions, rubrics } from '@tinystories/grader'
import { forward, loss, type Parameters, parameterShapes } from '@tinystories/model'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { loadTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareShards } from './data/prepare-shards.ts'
import { writeRecords } from './data/write-records.ts'
import { evaluate } from './evaluate.ts'
import { generate } from './generate.ts'
import { type GradeModelOptions, gradeModel } from './grade/grade-model.ts'
import { endOfText } from './recipe/batches.ts'
import { trainingBatches } from './recipe/index.ts'
import type { PlanEvent } from './run/plan.ts'
import { planRun } from './run/plan-run.ts'
import { prepareRun } from './run/prepare-run.ts'
import type { RunOptions } from './run/run-options.ts'
import { startTrainer } from './run/start-trainer.ts'
import { train } from './run/train.ts'
import { openTrainingSource, type TrainingSource } from './source/training-source.ts'

let folder: string
let data: string
let run: string
let options: RunOptions
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-instruct-'))
  data = join(folder, 'stories.txt')
  run = join(folder, 'runs/instruct')
  const animals = ['cat', 'dog', 'mouse', 'bird']
  const stories = Array.from(
    { length: 60 },
    (_, i) => `A happy ${animals[i % 4]} ran ${i} miles. It found a big tree. "Oh!" it said.`,
  )
  await writeFile(data, stories.join('\n<|endoftext|>\n'))
  options = {
    data,
    instruct: 'tinystories',
    vocabSize: 250,
    hiddenSize: 16,
    layers: 1,
    heads: 2,
    contextLength: 72,
    batchSize: 2,
    steps: 2,
    dropLong: true,
  }
  await train(await prepareRun(await planRun(options), run))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the loss of a batch is the plain sum over the tokens of the answers, and a weight brings in the prompts', async () => {
  await useBackend('cpu')
  const plan = await planRun(options)
  const { source, settings } = plan
  const { tokenizer } = source
  const { config, parameters: arrays } = await loadPretrainedArrays(join(run, 'model'))
  const shapes = parameterShapes(config)
  const parameters: Parameters = Object.fromEntries(
    Object.entries(arrays).map(([name, values]) => [name, tf.tensor(values, shapes[name]!)]),
  )
  for (const promptLossWeight of [0, 0.25]) {
    const shape = { tokenizer, contextLength: 72, batchSize: 2, prompts: true, promptLossWeight, seed: 3 }
    const cursor = trainingBatches(source.train, shape).iterate()
    const batch = (await cursor.next()).value!
    await cursor.return?.()
    const [inputs, targets, mask] = (['inputs', 'targets', 'mask'] as const).map(name =>
      tf.tensor2d(batch[name], batch.shape, name === 'mask' ? 'float32' : 'int32'),
    )
    const measured = loss(config, parameters, {
      inputs: inputs!,
      targets: targets!,
      mask: mask!,
    }).dataSync()[0]!
    // From the logits alone, story by story: which of the tokens are the answer's is found by decoding the row.
    const logProbabilities = (await tf
      .logSoftmax(forward(config, parameters, inputs!))
      .array()) as number[][][]
    const eos = endOfText(tokenizer)
    let nats = 0
    let weights = 0
    for (const [row, scores] of logProbabilities.entries()) {
      const at = (i: number): number => batch.targets[row * 72 + i]!
      for (let begin = 0; begin < 72 && at(begin) !== eos; ) {
        let end = begin
        while (at(end) !== eos) end++
        const ids = Array.from({ length: end - begin }, (_, i) => at(begin + i))
        const answer = ids.findLastIndex((_, i) =>
          tokenizer.decode(ids.slice(0, i)).trimEnd().endsWith('Story:'),
        )
        expect(tokenizer.decode(ids.slice(answer)).trimStart()).toMatch(/^A happy/)
        for (let i = begin; i <= end; i++) {
          const weight = i < begin + answer ? promptLossWeight : 1
          nats -= weight * scores[i]![at(i)]!
          weights += weight
        }
        begin = end + 1
      }
    }
    expect(measured).toBeNear(nats / weights, { relative: 1e-6 })
  }
  expect(settings.instruct?.template.text).toContain('{story}')
  tf.dispose(parameters)
})

test('a run trains on what its settings say: weights of prompts reach the engine', async () => {
  const losses: number[] = []
  for (const promptLossWeight of [0, 1]) {
    const plan = await planRun({ ...options, promptLossWeight, steps: 1 })
    const prepared = await prepareRun(plan, join(folder, `runs/weight-${promptLossWeight}`))
    const trainer = await startTrainer(
      prepared,
      { onMetrics: line => line.type === 'step' && losses.push(line.loss, line.tokens) },
      undefined,
    )
    await trainer.run({ steps: 1 })
    await trainer.dispose()
  }
  // More tokens count, and so the mean is another.
  expect(losses[3]!).toBeGreaterThan(losses[1]! + 10)
  expect(losses[2]).not.toBe(losses[0])
})

test('the model keeps its template and is asked with it; the instruction is no part of the story', async () => {
  expect((await readdir(join(run, 'model'))).sort()).toContain('instruct.json')
  const story = async (extra: object): Promise<string> => {
    let text = ''
    for await (const piece of generate({ model: run, seed: 1, maxTokens: 8, ...extra })) text += piece.text
    return text
  }
  const asked = await story({ ask: { words: ['cat', 'tree'] } })
  expect(asked).not.toContain('Words')
  expect(await story({ ask: { words: ['cat', 'tree'] } })).toBe(asked)
  const direct = await story({ prompt: 'Words: cat, tree\nStory:\n' })
  expect(direct).toBe(`Words: cat, tree\nStory:\n${asked}`)
  expect(await story({ ask: { words: ['cat', 'tree'] }, instruct: 'request' })).not.toBe(asked)
  expect((await story({ ask: { words: ['dog'] }, prompt: 'A dog' })).startsWith('A dog')).toBe(true)
  expect((await story({})).startsWith('Once upon a time')).toBe(true)
})

test('a grading asks the model with its template, for what a prompt asks or for nothing', async () => {
  const prompts = [
    { id: 'a', text: 'A dog', instruction: { words: ['dog'] } },
    { id: 'b', text: 'A cat' },
  ]
  const grading = (extra: Partial<GradeModelOptions>) =>
    gradeModel({
      ...{ source: run, rubric: rubrics.story!, prompts, answerPrompts: [], trials: 1, temperature: 0 },
      ...{ maxTokens: 8, ...extra },
    })
  const written = async (name: string, extra: Partial<GradeModelOptions> = {}): Promise<string[]> => {
    const { files } = await grading({ folder: join(folder, 'runs', name), ...extra })
    return parseCompletions(await readFile(files.completions, 'utf8'), name).map(({ text }) => text)
  }
  const after = async (prompt: string): Promise<string> => {
    let text = ''
    const options = { model: run, seed: 1, maxTokens: 8, temperature: 0, prompt }
    for await (const piece of generate(options)) text += piece.text
    return text.slice(prompt.length)
  }
  const asked = ['Words: dog\nStory:\nA dog', 'Story:\nA cat']
  expect(await written('asked')).toEqual(await Promise.all(asked.map(after)))
  const plain = await Promise.all(['A dog', 'A cat'].map(after))
  expect(await written('plain', { instruct: null })).toEqual(plain)
  const template = join(folder, 'runs/template.json')
  await writeFile(template, JSON.stringify({ fields: { summary: '{value}' }, text: '{fields} {story}' }))
  await expect(grading({ folder: join(folder, 'runs/none'), instruct: template })).rejects.toMatchObject({
    code: 'not-in-template',
    details: { field: 'words' },
  })
})

test('an evaluation counts the stories alone, with the instruction before them or without', async () => {
  const asTrained = await evaluate({ model: run, data, engine: 'cpu' })
  const plain = await evaluate({ model: run, data, engine: 'cpu', instruct: null })
  const text = await readFile(data, 'utf8')
  const bytes = text.replaceAll('\n<|endoftext|>\n', '').length
  expect([asTrained.score.bytes, plain.score.bytes]).toEqual([bytes, bytes])
  expect(asTrained.score.tokens).toBe(plain.score.tokens)
  expect(asTrained.score.nats).not.toBe(plain.score.nats)
})

test.each<[Partial<RunOptions>, string, object]>([
  [{ contextLength: 50, dropLong: false }, 'answer-too-long', { contextLength: 50 }],
  [{ instruct: undefined!, ood: true }, 'needs-instruct', { option: 'ood' }],
  [{ instruct: undefined!, promptLossWeight: 0.5 }, 'needs-instruct', { option: 'promptLossWeight' }],
])('refuses %j: %s', async (change, code, details) => {
  const { instruct, dropLong: _, ...rest } = { ...options, ...change }
  const failing = planRun({ ...rest, ...(instruct && { instruct }) })
  await expect(failing).rejects.toMatchObject({ code, details })
  expect(await readdir(folder)).toEqual(['runs', 'stories.txt'])
})

test('shards hold the instructions of the text, and training takes them from there', async () => {
  const shards = join(folder, 'shards')
  await prepareShards(data, {
    folder: shards,
    instruct: 'tinystories',
    seed: 5,
    vocabSize: 250,
    heldOut: 0.1,
    workers: 0,
  })
  const { instruct, vocabSize: _, ...shape } = options
  const { source, settings } = await planRun({ ...shape, data: shards })
  expect(settings.instruct).toMatchObject({ template: { separator: '\n' }, ood: false, seed: 5 })
  // A sample story is asked for what a held-out one was.
  expect(settings.prompt).toMatch(/\nStory:\n$/)
  const fromText = await openTrainingSource({
    data,
    instruct: settings.instruct,
    tokenizer: source.tokenizer,
  })
  // Token by token what the text gives, prompts and answers apart.
  const { tokenizer } = source
  const tokens = ({ train }: Pick<TrainingSource, 'train'>): Promise<object[]> =>
    train.tokenize(tokenizer, { prompts: ({ prompt }) => prompt }).toArray()
  const stories = await tokens(source)
  expect(stories).toEqual(await tokens(fromText))
  expect(stories[0]).toHaveProperty('promptTokens')

  // The same instructions may be named, and no others, also not for the stories that are held out.
  await expect(planRun({ ...shape, data: shards, instruct: instruct!, seed: 5 })).resolves.toBeDefined()
  const refused = (change: Partial<RunOptions>) => planRun({ ...shape, data: shards, ...change })
  const code = 'decided-by-shards'
  for (const [change, option] of [
    [{ instruct: 'request', seed: 5 }, 'instruct'],
    [{ instruct: 'tinystories', seed: 6 }, 'instruct'],
    [{ ood: true }, 'ood'],
  ] as const)
    await expect(refused(change)).rejects.toMatchObject({ code, details: { data: shards, option } })
  const plain = { ...shape, data, valid: shards, dropLong: undefined! }
  await expect(planRun(plain)).rejects.toMatchObject({ code, details: { data: shards, option: 'instruct' } })
  await expect(planRun({ ...shape, data: shards, valid: data })).resolves.toMatchObject({
    source: { instruct: settings.instruct },
  })
  await expect(prepareShards(data, { folder: shards, ood: true })).rejects.toMatchObject({
    code: 'needs-instruct',
  })
  await rm(shards, { recursive: true })
})

test('a run from a model of instructions asks with the template of that model', async () => {
  const tuned = { data, from: run, instruct: true, contextLength: 72, batchSize: 2, dropLong: true } as const
  const own = JSON.parse(await readFile(join(run, 'model/instruct.json'), 'utf8')) as InstructTemplate
  await writeFile(join(run, 'model/instruct.json'), JSON.stringify({ ...own, separator: '; ' }))
  const { settings } = await planRun(tuned)
  expect(settings.instruct?.template.separator).toBe('; ')
  await writeFile(join(run, 'model/instruct.json'), JSON.stringify(own))
  const { from: _, ...fresh } = tuned
  const alone = await planRun({ ...fresh, vocabSize: 250, tokenizer: join(run, 'tokenizer.json') })
  expect(alone.settings.instruct?.template.separator).toBe('\n')
})

test('long answers can be left out', async () => {
  const dropped: PlanEvent[] = []
  const plan = await planRun(
    { ...options, contextLength: 60, dropLong: true },
    { onEvent: event => event.type === 'dropped' && dropped.push(event) },
  )
  expect(dropped).toEqual([{ type: 'dropped', stories: expect.any(Number), of: 56 }])
  const none = planRun({ ...options, contextLength: 20, dropLong: true })
  await expect(none).rejects.toMatchObject({ code: 'too-little-text', details: { tokens: 0, dropped: 56 } })
  expect(plan.settings).toMatchObject({ dropLong: true, model: { contextLength: 60 } })
  const { tokenizer, train } = plan.source
  const cursor = trainingBatches(train, {
    ...{ tokenizer, contextLength: 60, batchSize: 2, seed: 1, prompts: true },
  }).iterate()
  for (let i = 0; i < 40; i++) expect((await cursor.next()).value!.mask.includes(1)).toBe(true)
  await cursor.return?.()
})

test('a template without a place for the answer is refused, and what the model was not trained on', async () => {
  const template = join(folder, 'template.json')
  await writeFile(template, JSON.stringify({ fields: { words: '{value}' }, text: '{fields}' }))
  await expect(planRun({ ...options, instruct: template })).rejects.toMatchObject({
    code: 'invalid-template',
    details: { source: template, problem: 'no-story' },
  })
  await writeFile(template, JSON.stringify({ fields: { words: 'W {value}' }, text: '{fields} {story}' }))
  const asking = generate({ model: run, seed: 1, instruct: template, ask: { summary: 'A cat runs.' } }).next()
  await expect(asking).rejects.toMatchObject({ code: 'not-in-template', details: { field: 'summary' } })
  await rm(template)
  await rm(join(run, 'model/instruct.json'))
  await expect(generate({ model: run, seed: 1, ask: { words: ['cat'] } }).next()).rejects.toMatchObject({
    code: 'no-instruct-template',
  })
})

test('records of plain stories: a line each, summaries by a language model, whole or not at all', async () => {
  const file = join(folder, 'records.jsonl')
  const asked: string[] = []
  const summarizer = {
    model: 'summarizer',
    async complete({ messages: [message], trial }: { messages: { content: string }[]; trial: number }) {
      asked.push(message!.content)
      return { text: trial === 0 ? '…' : 'Summary: It ran.', finishReason: 'stop', cost: 0 }
    },
  }
  const report = await writeRecords(data, { file, summarizer, concurrency: 4 })
  const records = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Story)
  expect(report).toEqual({
    stories: 60,
    threeWords: 60,
    features: { Dialogue: 60 },
    named: 0,
    summaries: 60,
    sentences: 60,
  })
  expect(records[1]!.text).toMatch(/^A happy dog ran 1 miles/)
  expect(records[1]).toMatchObject({ features: ['Dialogue'], summary: 'It ran.' })
  expect(asked.length).toBe(120)
  await expect(writeRecords(data, { file })).rejects.toMatchObject({ code: 'file-exists' })
  await writeRecords(file, { file: join(folder, 'again.jsonl') })
  const again = (await readFile(join(folder, 'again.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(again.map(line => JSON.parse(line))).toEqual(records)
  const failing = writeRecords(data, {
    file: join(folder, 'none.jsonl'),
    summarizer: { model: 'x', complete: () => Promise.reject(new Error('down')) },
  })
  await expect(failing).rejects.toThrow('down')
  expect((await readdir(folder)).filter(name => name.startsWith('none'))).toEqual([])
  await expect(loadTokenizer(join(run, 'model'))).resolves.toBeDefined()
})
