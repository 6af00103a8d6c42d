import { rmSync, writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MetricsLine } from '@tinystories/trainer'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess, tinystories } from './testing/cli.ts'
import { readMetrics } from './testing/read-metrics.ts'

let folder: string
const tiny = [
  '--hidden',
  '16',
  '--layers',
  '1',
  '--heads',
  '2',
  '--vocab-size',
  '300',
  '--context',
  '32',
  '--batch',
  '4',
]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const cli = (...args: string[]): ReturnType<typeof runInProcess> => runInProcess(args, { cwd: folder })

const metrics = (run: string): Promise<MetricsLine[]> => readMetrics(join(folder, run))

describe('train', () => {
  test('leaves a whole run folder, from which one can generate and evaluate', async () => {
    const { code, stdout, stderr } = await tinystories(
      ['train', ...tiny, '--steps', '60', '--eval-every', '30', '--out', 'whole'],
      { cwd: folder },
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(stdout).toMatch(/Held-out score \(10 % held out, [\d,]+ bytes\): \d\.\d+ bits per byte/)
    expect(stdout).toMatch(/A story it wrote:\n\nOnce upon a time/)
    expect(stdout).toContain('generate --model whole')
    expect((await readdir(join(folder, 'whole'))).sort()).toEqual(
      [
        'checkpoints',
        'config.json',
        'loss.svg',
        'metrics.csv',
        'metrics.jsonl',
        'model',
        'story.txt',
        'tokenizer.json',
      ].sort(),
    )
    expect((await readdir(join(folder, 'whole', 'model'))).sort()).toEqual(
      ['config.json', 'evaluation.json', 'model.safetensors', 'tokenizer.json'].sort(),
    )
    const lines = await metrics('whole')
    const [first, last] = lines.filter(line => line.type === 'evaluation').map(line => line.bitsPerByte)
    expect(last).toBeLessThan(first!)

    const story = (...more: string[]): ReturnType<typeof runInProcess> =>
      cli('generate', '--model', 'whole', '--prompt', 'The cat', '--max-tokens', '20', ...more)
    const written = await story()
    expect(written.code).toBe(0)
    expect(written.stdout).toMatch(/^The cat./)
    expect((await story()).stdout).toBe(written.stdout)
    expect((await story('--seed', '7')).stdout).not.toBe(written.stdout)

    await writeFile(
      join(folder, 'valid.txt'),
      'Once upon a time, a cat sat.\n<|endoftext|>\nThe dog ran home.\n',
    )
    const evaluate = (engine: string): ReturnType<typeof runInProcess> =>
      cli('evaluate', '--model', 'whole', '--data', 'valid.txt', '--engine', engine, '--json')
    const scores = await Promise.all(
      ['compiled', 'wasm'].map(
        async engine => JSON.parse((await evaluate(engine)).stdout) as { bitsPerByte: number; bytes: number },
      ),
    )
    expect(scores[0]!.bytes).toBe(28 + 17)
    expect(scores[1]!.bitsPerByte / scores[0]!.bitsPerByte).toBeCloseTo(1, 4)
  })

  test('Ctrl-C leaves a checkpoint and says how to resume, with the same end as without it', async () => {
    const limits = ['--steps', '60', '--eval-every', '1000', '--seed', '5']
    await cli('train', ...tiny, ...limits, '--out', 'straight')
    let interrupted = false
    let repeated = false
    const stopped = await tinystories(['train', ...tiny, ...limits, '--out', 'stopped'], {
      cwd: folder,
      onStdout: (text, child) => {
        if (!interrupted && text.includes('step ')) {
          interrupted = true
          child.kill('SIGINT')
        }
        // A second delivery of the same Ctrl-C, as npm and turbo make it, must not cut the saving short.
        if (!repeated && text.includes('Stopping after this step.')) {
          repeated = true
          child.kill('SIGINT')
        }
      },
    })
    expect(repeated).toBe(true)
    expect(stopped.code).toBe(130)
    expect(stopped.stdout).toMatch(/Interrupted at step \d+; its checkpoint is written/)
    expect(stopped.stdout).toContain('tinystories train --resume stopped')
    const resumed = await cli('train', '--resume', 'stopped')
    expect(resumed.stderr).toBe('')
    expect(resumed.code).toBe(0)
    const losses = async (run: string): Promise<unknown[]> =>
      (await metrics(run)).filter(line => line.type === 'step').map(line => [line.step, line.loss])
    expect(await losses('stopped')).toEqual(await losses('straight'))
    expect(await readFile(join(folder, 'stopped/model/model.safetensors'))).toEqual(
      await readFile(join(folder, 'straight/model/model.safetensors')),
    )
  })
})

test('Ctrl-C does not claim a checkpoint that could not be written', async () => {
  let interrupted = false
  const { code, stdout, stderr } = await tinystories(
    ['train', ...tiny, '--steps', '5000', '--eval-every', '5000', '--out', 'unwritable'],
    {
      cwd: folder,
      onStdout: (text, child) => {
        if (interrupted || !text.includes('step ')) return
        interrupted = true
        // A file where the folder of checkpoints was: nothing can be written there, not even by root.
        rmSync(join(folder, 'unwritable/checkpoints'), { recursive: true })
        writeFileSync(join(folder, 'unwritable/checkpoints'), '')
        child.kill('SIGINT')
      },
    },
  )
  expect(stderr).toMatch(/^error: Cannot write .*step-/)
  expect(stdout).not.toContain('its checkpoint is written')
  expect(code).toBe(1)
})

test('tokenizer train stops at the pieces that the text gives', async () => {
  const made = await cli('tokenizer', 'train', '--vocab-size', '90000', '--out', 'large/tokenizer.json')
  expect(made.code).toBe(0)
  expect(made.stdout).toMatch(/^Wrote large\/tokenizer\.json: [\d,]+ pieces, all that the text gives\n$/)
})

test('tokenizer train writes a tokenizer that comes back', async () => {
  const made = await cli('tokenizer', 'train', '--vocab-size', '500', '--out', 'made/tokenizer.json')
  expect(made).toMatchObject({ code: 0, stdout: 'Wrote made/tokenizer.json: 500 pieces\n' })
  const used = await cli(
    'train',
    ...tiny.filter((_, i) => i !== 6 && i !== 7),
    '--tokenizer',
    'made/tokenizer.json',
    '--steps',
    '2',
    '--out',
    'with-own',
  )
  expect(used.code).toBe(0)
  expect(used.stdout).toContain('a vocabulary of 500')
})

test('tokenizer train --style chooses what is trained', async () => {
  const kinds: unknown[] = []
  for (const style of ['story', 'bert', 'gpt2']) {
    const args = ['--style', style, '--vocab-size', '300', '--out', `${style}.json`]
    expect(await cli('tokenizer', 'train', ...args)).toMatchObject({
      code: 0,
      stdout: `Wrote ${style}.json: 300 pieces\n`,
    })
    const { model, normalizer, decoder } = JSON.parse(await readFile(join(folder, `${style}.json`), 'utf8'))
    kinds.push([model.type, normalizer?.type, decoder?.type])
  }
  expect(kinds).toEqual([
    ['WordPiece', undefined, 'Sequence'],
    ['WordPiece', 'BertNormalizer', 'WordPiece'],
    ['BPE', undefined, 'ByteLevel'],
  ])
})

describe('bad input ends with one clear line and exit code 1', () => {
  const cases: [string, string[], RegExp][] = [
    [
      'an unknown style',
      ['tokenizer', 'train', '--style', 'bpe'],
      /--style.*'bpe' is invalid.*gpt2, story, bert/,
    ],
    ['a missing file', ['train', '--data', 'nowhere.txt'], /nowhere\.txt/],
    ['an empty file', ['train', '--data', 'empty.txt'], /empty\.txt.*empty|empty\.txt.*no stor/i],
    ['a binary file', ['train', '--data', 'binary.txt'], /binary\.txt/],
    ['a folder', ['train', '--data', '.'], /folder|directory/i],
    ['an unknown flag', ['train', '--dta', 'x'], /unknown option '--dta'/],
    ['an unknown command', ['trian'], /unknown command 'trian'/],
    ['a flag that is no number', ['train', '--steps', 'many'], /--steps.*whole number/i],
    [
      'a graphics card that is not there',
      ['train', ...tiny, '--provider', 'cuda'],
      /"cuda" is not available here/,
    ],
    ['no steps', ['train', '--steps', '0'], /--steps.*at least 1/i],
    [
      'a context longer than any story',
      ['train', '--context', '5000'],
      /--context 5000 is longer than any story.*at most/,
    ],
    [
      'heads that do not divide',
      ['train', '--hidden', '30', '--heads', '4'],
      /--heads 4 must divide --hidden 30/,
    ],
    ['too few stories', ['train', '--data', 'short.txt', '--valid', 'short.txt'], /less than one batch/],
    ['one story only', ['train', '--data', 'single.txt'], /one story is left.*--separator/],
    ['nothing to resume', ['train', '--resume', 'nowhere'], /nowhere has no run/],
    [
      'a folder that holds a run',
      ['train', '--steps', '1', '--out', 'taken'],
      /taken has a run already.*--resume/,
    ],
    [
      'a file for a run folder',
      ['train', '--out', 'short.txt'],
      /short\.txt: it, or a part of its path, is a file/,
    ],
    [
      'an engine that is not installed',
      ['train', '--engine', 'node-gpu', '--steps', '1', '--out', 'no-engine'],
      /npm install @tensorflow\/tfjs-node-gpu/,
    ],
    ['no model', ['generate', '--model', 'nowhere'], /nowhere does not exist/],
    ['no data to evaluate on', ['evaluate'], /required option '--data/],
    ['a tokenizer that is none', ['train', '--tokenizer', 'short.txt.json'], /short\.txt\.json/],
  ]

  beforeAll(async () => {
    await writeFile(join(folder, 'empty.txt'), '')
    await writeFile(
      join(folder, 'binary.txt'),
      Uint8Array.from({ length: 4096 }, (_, i) => (i * 151) & 255),
    )
    await writeFile(join(folder, 'short.txt'), 'A cat sat.\n<|endoftext|>\nA dog ran.\n')
    await writeFile(join(folder, 'single.txt'), 'A cat sat.\n\nA cat ran.\n')
    await writeFile(join(folder, 'short.txt.json'), '{"version": ')
    await cli('tokenizer', 'train', '--out', 'taken/config.json')
    await mkdir(join(folder, 'resumable'))
    await writeFile(join(folder, 'resumable/config.json'), '{"version": 1}')
  })

  test.each(cases)('%s', async (_name, args, message) => {
    const before = await readdir(folder)
    const { code, stderr } = await cli(...args)
    expect(stderr).toMatch(message)
    expect(stderr).toMatch(/^error: /)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(code).toBe(1)
    expect(await readdir(folder)).toEqual(before)
  })

  test.skipIf(process.getuid?.() === 0)(
    'a file one may not read (skipped for root, who may read everything)',
    async () => {
      await writeFile(join(folder, 'secret.txt'), 'A story.')
      await chmod(join(folder, 'secret.txt'), 0)
      const { code, stderr } = await cli('train', '--data', 'secret.txt')
      expect(stderr).toMatch(/error: .*permission.*secret\.txt|secret\.txt.*permission/i)
      expect(code).toBe(1)
    },
  )
})

test.each([[[]], [['train']], [['tokenizer']], [['tokenizer', 'train']], [['generate']], [['evaluate']]])(
  'help of %j shows examples or commands',
  async command => {
    const { code, stdout } = await cli(...command, '--help')
    expect(code).toBe(0)
    expect(stdout).toMatch(/Usage: tinystories/)
    expect(stdout).toMatch(/Examples:|Commands:/)
  },
)
