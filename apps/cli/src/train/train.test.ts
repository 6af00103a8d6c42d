import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MetricsLine } from '@tinystories/trainer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess, tinystories } from '../testing/cli.ts'
import { readMetrics } from '../testing/read-metrics.ts'

let folder: string
const tiny = '--hidden 16 --layers 1 --heads 2 --vocab-size 250 --context 24 --batch 4'.split(' ')
const words = (text: string): string[] => text.split(' ').filter(word => word !== '')
const cli = (text: string): ReturnType<typeof runInProcess> => runInProcess(words(text), { cwd: folder })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-train-'))
  const stories = Array.from(
    { length: 300 },
    (_, i) =>
      `The ${['cat', 'dog', 'bird'][i % 3]} had ${i} red balls. It gave ${i % 7} of them to a friend. They were happy.`,
  )
  await writeFile(join(folder, 'stories.txt'), stories.join('\n<|endoftext|>\n'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const metrics = (run: string): Promise<MetricsLine[]> => readMetrics(join(folder, run))

test('takes every part of a recipe, writes stories on the way, and goes on from where it was', async () => {
  const recipe =
    '--optimizer lion --learning-rate 3e-4 --schedule wsd --accumulate 2 --label-smoothing 0.1 --z-loss 1e-4 --average-weights 0.9'
  const first = await cli(
    `train --data stories.txt ${tiny.join(' ')} ${recipe} --steps 20 --eval-every 10 --sample-every 10 --on-spike rollback --out recipe`,
  )
  expect(first.stderr).toBe('')
  expect(first.code).toBe(0)
  expect(first.stdout).toMatch(/Engine: compiled \(.*the fastest engine\)/)
  expect(first.stdout).toMatch(/step 10 {2}it writes: Once upon a time/)
  const more = await cli('train --resume recipe --steps 30')
  expect(more.code).toBe(0)
  const lines = await metrics('recipe')
  expect(lines.filter(line => line.type === 'step')).toHaveLength(30)
  expect(lines.filter(line => line.type === 'sample').map(({ step }) => step)).toEqual([10, 20, 30])
  const slots = await readdir(join(folder, 'recipe/checkpoints/step-00000030'))
  expect(slots).toContain('optimizer-1.average.safetensors')
  // Two batches of 4 windows of 24 tokens a step.
  const last = lines.filter(line => line.type === 'step').at(-1)!
  expect(last.tokens).toBe(30 * 2 * 4 * 24)
})

test('with dropout a resumed run draws what an uninterrupted one draws', async () => {
  const train = (steps: number, dropout: number, out: string): ReturnType<typeof cli> =>
    cli(
      `train --data stories.txt ${tiny.join(' ')} --dropout ${dropout} --schedule constant --warmup 2 --steps ${steps} --out ${out}`,
    )
  for (const [steps, dropout, out] of [
    [12, 0.3, 'dropped'],
    [6, 0.3, 'dropped-twice'],
    [12, 0, 'not-dropped'],
  ] as const)
    expect((await train(steps, dropout, out)).code).toBe(0)
  expect((await cli('train --resume dropped-twice --steps 12')).code).toBe(0)
  const losses = async (run: string): Promise<number[]> =>
    (await metrics(run)).flatMap(line => (line.type === 'step' ? [line.loss] : []))
  const whole = await losses('dropped')
  expect(whole).toHaveLength(12)
  expect(await losses('dropped-twice')).toEqual(whole)
  expect((await losses('not-dropped'))[0]).not.toBe(whole[0])
})

test('epochs are those of the stories that are trained on', async () => {
  const { code } = await cli(`train --data stories.txt ${tiny.join(' ')} --epochs 0.5 --out epochs`)
  expect(code).toBe(0)
  const settings = JSON.parse(await readFile(join(folder, 'epochs/config.json'), 'utf8')) as {
    tokensPerEpoch: number
  }
  const { tokens } = (await metrics('epochs')).filter(line => line.type === 'step').at(-1)!
  expect(tokens).toBeGreaterThanOrEqual(0.5 * settings.tokensPerEpoch)
  expect(tokens).toBeLessThan(0.5 * settings.tokensPerEpoch + 4 * 24)
})

describe('a resume', () => {
  beforeAll(async () => {
    const { code } = await cli(
      `train --data stories.txt ${tiny.join(' ')} --steps 6 --eval-every 3 --out begun`,
    )
    expect(code).toBe(0)
  })

  test('with data that changed is refused by name, and goes on with --force', async () => {
    const path = join(folder, 'stories.txt')
    const before = await readFile(path)
    await appendFile(path, '\n<|endoftext|>\nOne more story.')
    const refused = await cli('train --resume begun --steps 8')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/^error: .*step-00000006 was made with another data\..*--force/)
    await writeFile(path, before)
    expect((await cli('train --resume begun --steps 7')).code).toBe(0)
    await appendFile(path, '\n<|endoftext|>\nOne more story.')
    const forced = await cli('train --resume begun --steps 9 --force')
    expect(forced.stdout).toMatch(/Warning: .*was made with another data\. Resuming all the same/)
    expect(forced.code).toBe(0)
    await writeFile(path, before)
  })

  test('with another tokenizer or model is refused by name', async () => {
    const tokenizer = join(folder, 'begun/tokenizer.json')
    const text = await readFile(tokenizer, 'utf8')
    await writeFile(tokenizer, `${text} `)
    expect((await cli('train --resume begun --steps 12')).stderr).toMatch(/made with another tokenizer/)
    await writeFile(tokenizer, text)
    const config = join(folder, 'begun/config.json')
    const settings = await readFile(config, 'utf8')
    await writeFile(
      config,
      settings.replace('"layers": 1', '"layers": 2').replace('"global"', '"global", "local"'),
    )
    expect((await cli('train --resume begun --steps 12')).stderr).toMatch(
      /belongs to another model: its parameter/,
    )
    await writeFile(config, settings)
  })

  test('with new settings says which can be forced', async () => {
    expect((await cli('train --resume begun --learning-rate 1e-3')).stderr).toMatch(
      /Leave out --learning-rate, or start a new run\. With --force/,
    )
    expect((await cli('train --resume begun --hidden 32 --force')).stderr).toMatch(/Leave out --hidden/)
  })
})

test('a second process in one folder is refused, and a killed one leaves no lock that holds', async () => {
  const args = `train --data stories.txt ${tiny.join(' ')} --steps 100000 --eval-every 5 --out shared`
  const main = new URL('../main.ts', import.meta.url).pathname
  const child = spawn(process.execPath, ['--conditions=@tinystories/source', main, ...args.split(' ')], {
    cwd: folder,
    env: { ...process.env, npm_package_name: '' },
  })
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error('the first process ended by itself')))
    child.stdout.on('data', (data: Buffer) => {
      if (data.includes('held out')) resolve()
    })
  })
  const second = await cli('train --resume shared')
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(new RegExp(`is held by process ${child.pid}`))
  const checkpoints = async (): Promise<string[]> =>
    (await readdir(join(folder, 'shared/checkpoints'))).filter(name => name.startsWith('step-')).sort()
  await expect.poll(checkpoints, { timeout: 60_000 }).not.toEqual([])
  const end = new Promise(resolve => child.on('close', resolve))
  child.kill('SIGKILL')
  await end
  const last = Number((await checkpoints()).at(-1)!.slice(5))
  const third = await cli(`train --resume shared --steps ${last + 2}`)
  expect(third.stderr).toBe('')
  expect(third.code).toBe(0)
})

describe('the finders say what to take, which can be taken, and leave nothing:', () => {
  test.each([
    ['--find-learning-rate', /Use (--learning-rate 0\.\d+) for the peak/],
    ['--find-batch-size', /Use (--batch \d+) \((a larger one|larger ones|no larger one)/],
  ])('%s', async (flag, pattern) => {
    const before = await readdir(folder)
    const found = await cli(`train --data stories.txt ${tiny.join(' ')} ${flag}`)
    expect(found.stderr).toBe('')
    expect(found.code).toBe(0)
    expect(await readdir(folder)).toEqual(before)
    const flags = found.stdout.match(pattern)![1]!
    const run = await cli(
      `train --data stories.txt ${tiny.filter(word => word !== '--batch' && word !== '4').join(' ')} ${flags} --steps 1 --out taken${flag}`,
    )
    expect(run.stderr).toBe('')
    expect(run.code).toBe(0)
  })

  test('both at once are refused', async () => {
    const { code, stderr } = await cli('train --data stories.txt --find-learning-rate --find-batch-size')
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: .*one after the other/)
  })
})

describe('a tracker of the person', () => {
  // A process loads the module as Node does.
  const cli = (text: string): ReturnType<typeof tinystories> => tinystories(words(text), { cwd: folder })
  const tracker = (url: string): string => `
    const send = body => fetch('${url}', { method: 'POST', body: JSON.stringify(body) })
    export const init = ({ name, config }) => send({ init: name, seed: config.seed })
    export const log = (metrics, { step }) => send({ step, metrics })
    export const finish = result => send({ finish: result?.reason ?? null })`

  test('gets the settings, all metrics in their order, and the end, on a server', async () => {
    const posted: Record<string, unknown>[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      posted.push(JSON.parse(Buffer.concat(chunks).toString()))
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await writeFile(join(folder, 'tracker.mjs'), tracker(`http://127.0.0.1:${port}`))
    const { code, stderr } = await cli(
      `train --data stories.txt ${tiny.join(' ')} --steps 4 --eval-every 2 --sample-every 4 --tracker tracker.mjs --out tracked`,
    )
    server.close()
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(posted[0]).toEqual({ init: 'tracked', seed: 42 })
    expect(posted.at(-1)).toEqual({ finish: 'steps' })
    const lines = await metrics('tracked')
    expect(posted.slice(1, -1).map(({ step }) => step)).toEqual(lines.map(({ step }) => step))
    expect(posted[1]!.metrics).toMatchObject({ 'train/loss': (lines[0] as { loss: number }).loss })
    expect(posted.some(({ metrics }) => 'sample' in ((metrics ?? {}) as object))).toBe(true)
  })

  test('that cannot be used is reported before anything is written; one that fails later does no harm', async () => {
    const start = `train --data stories.txt ${tiny.join(' ')} --steps 2`
    await writeFile(join(folder, 'no-log.mjs'), 'export const init = () => {}')
    const refused = await cli(`${start} --tracker no-log.mjs --out refused`)
    expect(refused.stderr).toMatch(/^error: --tracker: .*no-log\.mjs exports no function log\./)
    expect((await cli(`${start} --tracker nowhere.mjs --out refused`)).stderr).toMatch(
      /^error: --tracker: .*nowhere\.mjs cannot be imported: /,
    )
    expect(await readdir(folder)).not.toContain('refused')
    await writeFile(join(folder, 'fails.mjs'), 'export const log = () => { throw new Error("no network") }')
    const { code, stdout } = await cli(`${start} --tracker fails.mjs --out unharmed`)
    expect(code).toBe(0)
    expect(
      stdout.match(/Warning: The tracker did not take the metrics of step 1: no network\./g),
    ).toHaveLength(1)
  })
})

test('what a run cannot start with is reported, and leaves nothing', async () => {
  const before = await readdir(folder)
  const vocabulary = { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', vocab: {} }
  const wrong = [
    [{ model: vocabulary }, /^error: .*wrong\.json: The vocabulary lacks "\[UNK\]"\./],
    [
      { model: { ...vocabulary, vocab: { '[UNK]': 0 } } },
      /^error: --tokenizer: .*wrong\.json has no token that ends a story/,
    ],
  ] as const
  for (const [json, expected] of wrong) {
    await writeFile(join(folder, 'wrong.json'), JSON.stringify(json))
    const { code, stderr } = await cli('train --data stories.txt --tokenizer wrong.json --steps 2')
    await rm(join(folder, 'wrong.json'))
    expect([code, stderr]).toEqual([1, expect.stringMatching(expected)])
  }
  expect((await cli('train --data stories.txt --valid nowhere.txt --steps 2')).stderr).toMatch(/nowhere\.txt/)
  expect((await cli('train --data stories.txt --hidden 100000 --steps 2')).stderr).toMatch(
    /^error: A model of [\d,]+ parameters needs .* GB .* this machine has .* Choose a smaller/,
  )
  expect(await readdir(folder)).toEqual(before)
})

test('the field with the stories is named by a flag, and reported where it is missing', async () => {
  const rows = (await readFile(join(folder, 'stories.txt'), 'utf8')).split('\n<|endoftext|>\n')
  await writeFile(
    join(folder, 'rows.jsonl'),
    rows.map(narrative => JSON.stringify({ id: 1, narrative })).join('\n'),
  )
  const missing = await cli(`train --data rows.jsonl ${tiny.join(' ')} --steps 2`)
  expect(missing.stderr).toMatch(
    /there are "id", "narrative"\. Name the one that holds the story with --text-field\.$/m,
  )
  const given = await cli(
    `train --data rows.jsonl --text-field narrative ${tiny.join(' ')} --steps 2 --out field`,
  )
  expect(given.stderr).toBe('')
  expect((await cli('train --resume field --steps 3')).code).toBe(0)
})
