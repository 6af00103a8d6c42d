import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gptConfig, initParameterArrays, ModelFileError } from '@tinystories/model'
import { saveSafetensors, tokenizerHash } from '@tinystories/model/files'
import { loadTokenizer } from '@tinystories/tokenizer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { evaluate } from '../evaluate.ts'
import { exportModel } from '../export/export-model.ts'
import { openModel } from './open-model.ts'

// The vocabulary of the models that the page ships: 4,096 tokens.
const vocabulary = fileURLToPath(new URL('../../../../apps/demo/models/tokenizer.json', import.meta.url))
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tokenizer-'))
  const hash = await tokenizerHash(await loadTokenizer(vocabulary))
  const save = async (name: string, vocabSize: number, tokenizerHash?: string): Promise<void> => {
    const config = gptConfig('sample', { vocabSize, hiddenSize: 8, heads: 2, layers: 1, contextLength: 16 })
    const model = { config, parameters: initParameterArrays(config, 1) }
    await saveSafetensors(join(root, name), model, { tokenizerHash })
    await copyFile(vocabulary, join(root, name, 'tokenizer.json'))
  }
  await save('own', 4096, hash)
  await save('published', 4096)
  await save('same-size', 4096, 'f'.repeat(64))
  await save('larger', 8192)
  await writeFile(join(root, 'stories.txt'), 'One day.\n<|endoftext|>\nThe end.\n<|endoftext|>\n')
})
afterAll(() => rm(root, { recursive: true }))

test('a model says how surely its tokenizer is its own', async () => {
  await using own = await openModel(join(root, 'own'))
  expect(own.tokenizerCheck).toEqual({ by: 'hash', unusedIds: 0 })
  const uncertain: string[] = []
  const access = { onUncertainTokenizer: (model: string) => uncertain.push(model) }
  await using published = await openModel(join(root, 'published'), access)
  expect(published.tokenizerCheck).toEqual({ by: 'sizes', unusedIds: 0 })
  await exportModel({
    model: join(root, 'published'),
    format: 'transformers',
    folder: join(root, 'out'),
    access,
  })
  await exportModel({ model: join(root, 'own'), format: 'transformers', folder: join(root, 'out'), access })
  expect(uncertain).toEqual([join(root, 'published'), join(root, 'published')])
})

test.each(['same-size', 'larger'])('the tokenizer of another model is refused everywhere: %s', async name => {
  const model = join(root, name)
  const attempts = {
    generate: () => openModel(model),
    onTfjs: () => openModel(model, { engine: 'cpu' }),
    evaluate: () => evaluate({ model, data: join(root, 'stories.txt') }),
    export: () => exportModel({ model, format: 'transformers', folder: join(root, 'out') }),
  }
  for (const [what, attempt] of Object.entries(attempts)) {
    const error = await attempt().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(ModelFileError.isInstance(error) && error.code, what).toBe('wrong-tokenizer')
    expect(ModelFileError.isInstance(error) && error.details, what).toMatchObject({
      path: model,
      tokens: 4096,
    })
  }
})
