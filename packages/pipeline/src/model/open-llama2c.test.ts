import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rubrics } from '@tinystories/grader'
import { score as scoreTokens } from '@tinystories/model/generation'
import { afterAll, describe, expect, it } from 'vitest'
import { evaluate } from '../evaluate.ts'
import { exportModel } from '../export/export-model.ts'
import { gradeModel } from '../grade/grade-model.ts'
import { writeStory } from '../recipe/write-story.ts'
import { planRun } from '../run/plan-run.ts'
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

  it('is evaluated and exported, and a run starts from it', async () => {
    const model = `${folder}/stories260K.bin`
    const data = join(scratch, 'stories.txt')
    const stories = ['Once upon a time, there was a cat.', 'One day, a dog ran.']
    writeFileSync(data, stories.join('\n<|endoftext|>\n'))
    const { score } = await evaluate({ model, data, batchSize: 1 })
    await using own = await openModel(model)
    let nats = 0
    for (const story of stories) {
      // The token `<s>` begins a text and ends it.
      const { ids } = own.tokenizer.encode(story, { addSpecialTokens: false })
      const [scored] = await scoreTokens(own.model, [1], [[...ids, 1]])
      nats -= scored!.logProbability
    }
    expect(score.nats * score.tokens).toBeNear(nats, { relative: 1e-4 })
    const exported = join(scratch, 'exported')
    await exportModel({ model, format: 'transformers', folder: exported })
    await using opened = await openModel(exported)
    expect(opened.tokenizer.vocabSize).toBe(512)
    const plan = await planRun({ from: model, data, contextLength: 12, batchSize: 1 })
    expect(plan.source.tokenizer.toJSON()).toEqual(opened.tokenizer.toJSON())
    expect(plan.settings.model.layers).toBe(5)
  })

  it('is graded like any model', async () => {
    const prompts = [{ id: 'a', text: 'Once upon a time' }]
    const sampling = { trials: 1, temperature: 0, maxTokens: 5, answerPrompts: [] }
    const { files } = await gradeModel({
      ...{ source: `${folder}/stories260K.bin`, rubric: rubrics.story!, prompts, ...sampling },
      folder: join(scratch, 'grades'),
    })
    expect(readFileSync(files.completions, 'utf8')).toContain('"completion":", there was a little"')
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
