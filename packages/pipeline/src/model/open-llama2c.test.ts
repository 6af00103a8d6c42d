import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { writeStory } from '../recipe/write-story.ts'
import { openModel } from './open-model.ts'

const data =
  process.env.TINYSTORIES_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const folder = `${data}/models/stories260K`
const absent = existsSync(folder) ? '' : ` (skipped: ${folder} is not here; set TINYSTORIES_DATA)`

const scratch = mkdtempSync(join(tmpdir(), 'llama2c-'))
afterAll(() => rmSync(scratch, { recursive: true }))

describe.skipIf(absent)(`a checkpoint of llama2.c${absent}`, () => {
  it('writes its published greedy text, with the tokenizer beside it', async () => {
    await using opened = await openModel(`${folder}/stories260K.bin`)
    const prompt = 'Once upon a time'
    const { ids } = opened.tokenizer.encode(prompt, { addSpecialTokens: false })
    // llama2.c reads and writes 256 tokens in all.
    const options = { prompt, seed: 1, temperature: 0, maxTokens: 256 - ids.length }
    let text = ''
    for await (const piece of writeStory(opened, options)) text += piece
    expect(text).toBe(readFileSync(`${folder}/greedy.txt`, 'utf8').trimEnd())
  })

  it('is refused without a tokenizer, and with several of which none is tokenizer.bin', async () => {
    const model = join(scratch, 'model.bin')
    copyFileSync(`${folder}/stories260K.bin`, model)
    const refused = (found: string[]) =>
      expect.objectContaining({ code: 'no-tokenizer-beside', details: { model, found } })
    await expect(openModel(model)).rejects.toThrow(refused([]))
    for (const name of ['tok1.bin', 'tok2.bin']) copyFileSync(`${folder}/tok512.bin`, join(scratch, name))
    await expect(openModel(model)).rejects.toThrow(refused(['tok1.bin', 'tok2.bin']))
    copyFileSync(`${folder}/tok512.bin`, join(scratch, 'tokenizer.bin'))
    await using opened = await openModel(model)
    expect(opened.tokenizer.vocabSize).toBe(512)
  })
})
