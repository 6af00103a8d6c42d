import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Judge, JudgeReply } from '@tinystories/grader'
import { afterAll, expect, test } from 'vitest'
import { createSweep } from '../open-sweep.ts'
import { expandCells } from '../spec/expand-cells.ts'
import { parseSweepSpec, type SweepSpec } from '../spec/sweep-spec.ts'
import { planTasks } from '../tasks/plan-tasks.ts'
import { runTasks } from '../tasks/run-tasks.ts'
import type { Json, Stage } from '../tasks/stage.ts'
import { TaskStore } from '../tasks/task-store.ts'
import { cutStories } from './cut-stories.ts'
import { chooseSteps } from './emergence-stage.ts'
import type { GenerateResult } from './generate-stage.ts'
import { type GradeResult, gradeStage } from './grade-stage.ts'
import type { StageOptions } from './stage-options.ts'
import { trainStage } from './train-stage.ts'

const folder = await mkdtemp(join(tmpdir(), 'stages-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

const specOf = (more: object): SweepSpec =>
  parseSweepSpec({ name: 'test', tokens: 10_000, grids: [{ hidden: [64], layers: [1, 2] }], ...more }, 'test')

const optionsOf = (spec: SweepSpec, more: Partial<StageOptions> = {}): StageOptions => ({
  ...{ spec, fingerprintOf: () => 'f', prompts: [{ id: 'a', text: 'Once there was' }] },
  ...more,
})

/** Answers every question with good scores, unless what it reads holds `fail`. */
function judgeOf(model: string): Judge {
  return {
    model,
    async complete({ messages }): Promise<JudgeReply> {
      if (messages.some(({ content }) => content.includes('unreadable')))
        throw new Error('the server is down')
      const text = 'Grammar: 8/10, Creativity: 6/10, Consistency: 7/10, Plot: 5/10, Age group: C (6-7)'
      const usage = { inputTokens: 1, outputTokens: 1 }
      return { text, finishReason: 'stop', model, usage, cost: 0, cached: false }
    },
  }
}

/** A stage in the place of `generate`: the model of two layers writes what the judge cannot take. */
const generate: Stage = {
  ...{ name: 'generate', version: 1, after: [], settings: ({ layers }) => layers },
  async run({ cell }) {
    const text = cell.layers === 1 ? ' a dog.' : ' unreadable.'
    const completions: GenerateResult['completions'] = Array.from({ length: 12 }, (_, trial) => {
      return { promptId: 'a', mode: 'sampled', trial, text: `${text} ${trial}` }
    })
    completions.push({ promptId: 'a', mode: 'greedy', trial: 0, text: ' not graded.' })
    return { completions, answers: [], continuations: [] } as unknown as Json
  },
}

test('a judge that fails for one model: the other one is graded, and the failure is reported', async () => {
  const spec = specOf({ judge: { model: 'strict-1' } })
  const asked: string[] = []
  const grade = gradeStage(
    optionsOf(spec, {
      createJudge: async ({ model }) => {
        asked.push(model)
        return judgeOf(model)
      },
    }),
  )
  const tasks = planTasks(expandCells(spec), [generate, grade])
  const store = new TaskStore(join(folder, 'judge'))
  expect(await runTasks(tasks, { store })).toEqual({ done: 3, failed: 1, blocked: 0 })
  expect(asked).toEqual(['strict-1', 'strict-1'])
  const [good, bad] = tasks.filter(({ stage }) => stage.name === 'grade')
  const result = (await store.result(good!)) as unknown as GradeResult
  expect(result).toMatchObject({ judge: 'strict-1', ungraded: 0 })
  expect(result.gradings).toHaveLength(12)
  expect(result.gradings[0]!.scores).toMatchObject({ grammar: 8, creativity: 6, consistency: 7 })
  expect(result.criteria.map(({ name }) => name)).toContain('creativity')
  expect(await store.failure(bad!)).toContain('the server is down')
})

test('the estimate and a judge are different tasks, and a judge must be reachable', async () => {
  const idOf = (judge: SweepSpec['judge']): string => {
    const spec = specOf({ judge, grids: [{ hidden: [64], layers: [1] }] })
    return planTasks(expandCells(spec), [generate, gradeStage(optionsOf(spec))]).at(-1)!.id
  }
  expect(new Set([idOf('offline'), idOf({ model: 'a' }), idOf({ model: 'b' })]).size).toBe(3)
  expect(idOf({ model: 'a', baseUrl: 'http://localhost' })).toBe(idOf({ model: 'a' }))
  const spec = specOf({ judge: { model: 'a' }, grids: [{ hidden: [64], layers: [1] }] })
  const tasks = planTasks(expandCells(spec), [generate, gradeStage(optionsOf(spec))])
  const store = new TaskStore(join(folder, 'none'))
  expect(await runTasks(tasks, { store })).toMatchObject({ failed: 1 })
  expect(await store.failure(tasks[1]!)).toContain('nothing says how to reach it')
})

test('what a training is known by does not change with new axes: cells of earlier releases stay done', () => {
  const spec = parseSweepSpec(
    {
      name: 'a',
      tokens: 6_000_000,
      context: 256,
      batchSize: 8,
      grids: [{ hidden: [64], layers: [1], seed: [1] }],
    },
    'test',
  )
  const stage = trainStage(optionsOf(spec))
  const [cell] = expandCells(spec)
  const before = {
    ...{ fingerprint: 'f', context: 256, batchSize: 8, hidden: 64, layers: 1, heads: 16, seed: 1 },
    ...{ tokens: 6_000_000, learningRate: null },
  }
  expect([stage.version, stage.settings(cell!)]).toEqual([1, before])
  expect(stage.settings({ ...cell!, instruct: true })).toEqual({
    ...before,
    instruct: 'tinystories',
    rareWords: true,
  })
})

test('what stages are known by follows from what decides their results alone, so that no release does them again', async () => {
  const spec = specOf({ data: 'sample', grids: [{ hidden: [64], layers: [1], instruct: [false, true] }] })
  const { tasks } = await createSweep(spec, join(folder, 'known'))
  // Change these with a stage's version or its prompts, and with nothing else.
  expect(tasks.map(({ stage, id }) => `${stage.name} ${id}`)).toEqual([
    'prepare f6cef01410aa786d',
    'train dec58a037a74808d',
    'probe 57786c3685de977b',
    'emergence 113e2517aeb6a01d',
    'generate 35562ed6073eb647',
    'measure 2ad5c86a63657bd9',
    'grade 02702f191e031d43',
    'train 1a2953e113524737',
    'probe 0281ac87fce51dcf',
    'instruct 699cafd7bb3676ac',
  ])
})

test('training stories are cut between two words at 40 %, short ones left out', async () => {
  const path = join(folder, 'stories.txt')
  const words = Array.from({ length: 50 }, (_, at) => `w${at}`).join(' ')
  await writeFile(path, `Too short.\n<|endoftext|>\n${words}\n<|endoftext|>\n${words} end\n<|endoftext|>\n`)
  const spec = specOf({ data: path, continuations: 1 })
  const [cell] = expandCells(spec)
  const [cut, ...others] = await cutStories(cell!, { spec, access: undefined }, new AbortController().signal)
  expect(others).toEqual([])
  expect(cut!.text + cut!.reference).toBe(words)
  expect(cut!.reference).toMatch(/^ w/)
  expect(cut!.text.length / words.length).toBeNear(0.4, { absolute: 0.05 })
})

test('checkpoints are probed where things emerge: early, and at the end', () => {
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1)
  expect(chooseSteps(numbers(20))).toEqual([1, 2, 4, 8, 16, 20])
  expect(chooseSteps(numbers(1))).toEqual([1])
  expect(chooseSteps([])).toEqual([])
})
