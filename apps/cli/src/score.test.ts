import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gptConfig, initParameterArrays } from '@tinystories/model'
import { openModel, saveModel, scoreEndings } from '@tinystories/pipeline'
import { trainTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runInProcess } from './testing/cli.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-score-'))
  const tokenizer = await trainTokenizer(['The cat sat.', 'The dogs ran away.'], { vocabSize: 230 })
  const config = gptConfig('tinystories-1m', {
    vocabSize: tokenizer.vocabSize,
    ...{ contextLength: 16, hiddenSize: 16, heads: 4, layers: 1, initializerRange: 0.5 },
  })
  const parameters = initParameterArrays(config, 1)
  await saveModel(join(folder, 'model'), { config, parameters, tokenizer })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const score = (...args: string[]): ReturnType<typeof runInProcess> =>
  runInProcess(['score', 'model', ...args], { cwd: folder })

test('prints how likely each ending is, and how often the right one is likeliest', async () => {
  const endings = [' sat.', ' ran away.']
  await using model = await openModel(join(folder, 'model'))
  const expected = (await scoreEndings(model, 'The cat', endings))!
  const right = expected.indexOf(Math.max(...expected))
  const { code, stdout } = await score('--prompt', 'The cat', '--ending', ...endings)
  expect(code).toBe(0)
  const lines = stdout.split('\n').filter(line => line.includes('a token'))
  expect(lines.map(line => Number(line.trim().split(' ')[0]))).toBeNear(expected, { absolute: 5e-4 })
  expect(lines.map(line => line.endsWith('  likeliest'))).toEqual([right === 0, right === 1])

  const questions = [
    { prompt: 'The cat', endings, right },
    { prompt: 'The cat', endings, right: 1 - right },
    { prompt: 'The cat', endings },
    { prompt: 'The cat '.repeat(20), endings, right },
  ]
  await writeFile(join(folder, 'q.jsonl'), questions.map(each => JSON.stringify(each)).join('\n'))
  const file = await score('--file', 'q.jsonl', '--json')
  const result = JSON.parse(file.stdout)
  expect(result).toMatchObject({
    ...{ asked: 2, passed: 1, accuracy: 0.5 },
    model: expect.stringContaining('model'),
  })
  const scores = result.questions.map(({ scores }: { scores: { logProbability: number }[] | null }) =>
    scores?.map(({ logProbability }) => logProbability),
  )
  expect(scores).toEqual([expected, expected, expected, undefined])
  expect(file.stderr).toContain('left out: longer than the context')
  expect(file.stderr).toContain('Right ending likeliest: 1 of 2, 50 % (9 to 91, 95 %)')
})

test.each([
  [[], 'Name endings with --ending'],
  [['--ending', ''], '--ending: endings.0'],
  [['--file', 'q.jsonl', '--prompt', 'A'], 'leave --prompt and --ending out'],
  [['--file', 'none.jsonl'], 'there is no such file'],
])('refuses %j', async (args, message) => {
  expect(await score(...args)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(message),
  })
})
