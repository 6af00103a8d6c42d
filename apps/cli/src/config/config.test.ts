import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { commandLine } from '../run.ts'
import { tinystories } from '../testing/cli.ts'
import { applyConfiguration } from './apply-configuration.ts'
import { findConfiguration, loadConfiguration } from './load-configuration.ts'
import { nearestName } from './nearest-name.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinystories-config-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The values that a command's action gets, of a configuration and what is typed. */
async function optionsOf(settings: unknown, args: string[]): Promise<Record<string, unknown>> {
  const program = commandLine(() => {})
  applyConfiguration(program, settings, '/home/me/tinystories.config.json')
  let options = {}
  const command = args[0] === 'data' ? program.commands[0]!.commands : program.commands
  for (const each of command)
    each.action(() => {
      options = each.opts()
    })
  await program.parseAsync(['--no-config', ...args], { from: 'user' })
  return options
}

test('the parsers of the flags read the values, and what is typed wins', async () => {
  const settings = {
    train: {
      steps: 100,
      hidden: '32',
      data: 'stories.txt',
      valid: 'hf://owner/name',
      tensorboard: true,
      freeze: ['a.*', 'b.*'],
      layerRate: { 'layers.0.*': 0.5, 'layers.1.*': 1 },
    },
  }
  expect(await optionsOf(settings, ['train', '--steps', '7', '--freeze', 'c.*'])).toEqual({
    steps: 7,
    hidden: 32,
    data: '/home/me/stories.txt',
    valid: 'hf://owner/name',
    tensorboard: true,
    freeze: ['c.*'],
    layerRate: { 'layers.0.*': 0.5, 'layers.1.*': 1 },
  })
  // A run that is resumed has settings of its own.
  expect(await optionsOf(settings, ['train', '--resume', 'runs/a'])).toEqual({ resume: 'runs/a' })
})

test('lists, switches, flags with and without a value, flags that must be there', async () => {
  const settings = {
    generate: { words: ['jump', 'apple'], topP: 1 },
    evaluate: { data: 'sample', instruct: false },
    grade: { judge: ['a', 'b@https://host/v1'] },
    data: { prepare: { out: 'shards', clean: true, tokenizer: '../t.json' } },
    train: { layerRate: ['layers.0.*=0.5'] },
  }
  expect(await optionsOf(settings, ['train'])).toEqual({ layerRate: { 'layers.0.*': 0.5 } })
  expect(await optionsOf(settings, ['generate'])).toMatchObject({ words: ['jump', 'apple'], topP: 1 })
  expect(await optionsOf(settings, ['evaluate'])).toMatchObject({ data: 'sample', instruct: false })
  expect((await optionsOf(settings, ['grade'])).judge).toEqual([
    { model: 'a' },
    { model: 'b', server: 'https://host/v1' },
  ])
  expect(await optionsOf(settings, ['data', 'prepare', 'stories.txt'])).toMatchObject({
    out: '/home/me/shards',
    clean: true,
    tokenizer: '/home/t.json',
  })
})

test.each([
  [{ trian: {} }, 'trian is no command. Did you mean train?'],
  [{ data: { inspct: {} } }, 'data.inspct is no command. Did you mean inspect?'],
  [{ train: { 'vocab-sice': 1 } }, 'train.vocab-sice is no flag of train. Did you mean vocabSize?'],
  [{ probe: { zzzz: 1 } }, 'probe.zzzz is no flag of probe. There are: json.'],
  [{ train: { steps: 'many' } }, 'train.steps: A whole number of at least 1 is wanted.'],
  [{ train: { steps: [1, 2] } }, 'train.steps: one value is wanted.'],
  [{ train: { steps: [1] } }, 'train.steps: one value is wanted.'],
  [{ train: { data: ['a'] } }, 'train.data: one value is wanted.'],
  [{ train: { data: { a: 'b' } } }, 'train.data: one value is wanted.'],
  [{ train: { preset: ['llama'] } }, 'train.preset: one value is wanted.'],
  [{ train: { steps: null } }, 'train.steps: a text or a number is wanted.'],
  [{ train: { freeze: [] } }, 'train.freeze: a text or a number is wanted.'],
  [{ train: { data: ['a', 'b'] } }, 'train.data: one value is wanted.'],
  [{ train: { tensorboard: 'yes' } }, 'train.tensorboard: true or false is wanted.'],
  [{ train: { steps: true } }, 'train.steps: a text or a number is wanted.'],
  [{ train: [] }, 'train: values for its flags in braces is wanted.'],
  [3, 'a section for each command in braces is wanted.'],
  [
    JSON.parse('{"train":{"__proto__":1}}'),
    /^train\.__proto__ is no flag of train\. There are: data, valid,/,
  ],
  [{ sweep: { 'fed-worker': {} } }, /^sweep\.fed-worker is no command\. There are: run, status,/],
])('refused by name: %j', async (settings, message) => {
  const error = await optionsOf(settings, ['generate']).catch((thrown: Error) => thrown)
  const text = (error as Error).message.replace('/home/me/tinystories.config.json: ', '')
  expect(error).toMatchObject({ name: 'UserError' })
  if (typeof message === 'string') expect(text).toBe(message)
  else expect(text).toMatch(message)
})

test('the file of the nearest folder is read: JSON, or a module', async () => {
  expect(findConfiguration(folder)).toBeUndefined()
  await writeFile(join(folder, 'tinystories.config.mjs'), 'export default { train: { steps: 3 } }')
  const found = findConfiguration(join(folder, 'a/b'))
  expect(found).toBe(join(folder, 'tinystories.config.mjs'))
  expect(await loadConfiguration(found!)).toEqual({ train: { steps: 3 } })
  await writeFile(join(folder, 'tinystories.config.json'), '{')
  expect(() => findConfiguration(folder)).toThrow(
    'has tinystories.config.json and tinystories.config.mjs. Keep one',
  )
  await rm(join(folder, 'tinystories.config.mjs'))
  await expect(loadConfiguration(join(folder, 'tinystories.config.json'))).rejects.toMatchObject({
    code: 'not-json',
  })
  await writeFile(join(folder, 'throws.mjs'), 'throw new Error("no")')
  await expect(loadConfiguration(join(folder, 'throws.mjs'))).rejects.toThrow(
    'throws.mjs cannot be loaded: no',
  )
  await writeFile(join(folder, 'waits.mjs'), 'await new Promise(() => {})')
  const listeners = process.listenerCount('beforeExit')
  const waits = expect(loadConfiguration(join(folder, 'waits.mjs'))).rejects.toThrow(
    'waits.mjs cannot be loaded: it waits for something that never comes.',
  )
  // Node says so when it has nothing left to do.
  await expect.poll(() => process.listenerCount('beforeExit')).toBeGreaterThan(listeners)
  process.emit('beforeExit', 0)
  await waits
  await writeFile(join(folder, 'empty.mjs'), '')
  await expect(loadConfiguration(join(folder, 'empty.mjs'))).rejects.toThrow(
    'empty.mjs has no default export',
  )
})

test('a run takes the settings of tinystories.config.ts into its own configuration', async () => {
  const settings = `const train: object = {
    data: 'stories.txt', hidden: 8, layers: 1, heads: 1, vocabSize: 300, context: 8, batch: 2, steps: 1, out: 'run',
    engine: 'cpu' }
  export default { train }`
  await rm(join(folder, 'tinystories.config.json'), { force: true })
  await writeFile(join(folder, 'tinystories.config.ts'), settings)
  const stories = Array.from({ length: 40 }, (_, i) => `A cat sat on a mat number ${i} and ran home.`)
  await writeFile(join(folder, 'stories.txt'), stories.join('\n<|endoftext|>\n'))
  const { code, stderr } = await tinystories(['train', '--steps', '2'], { cwd: folder })
  expect(stderr).toBe(
    'Configuration: tinystories.config.ts (data, hidden, layers, heads, vocabSize, context, batch, out, engine)\n',
  )
  expect(code).toBe(0)
  const { model, limits } = JSON.parse(await readFile(join(folder, 'run/config.json'), 'utf8'))
  expect(model).toMatchObject({ hiddenSize: 8, layers: 1, heads: 1 })
  expect(limits.steps).toBe(2)
})

test('the nearest name is the one with the fewest other letters', () => {
  const names = ['steps', 'tokens', 'vocabSize', 'seed']
  expect(['stepz', 'vocab_size', '--tokens', 'sed', 'xyz'].map(name => nearestName(name, names))).toEqual([
    'steps',
    'vocabSize',
    'tokens',
    'seed',
    undefined,
  ])
})
