// Writes an export of each example model, with what it should give, for check-transformers.py: write-examples.ts FOLDER
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateBatch } from '@tinystories/model/generation'
import { exportModel } from '../src/export/export-model.ts'
import { openModel } from '../src/model/open-model.ts'
import { exampleModels, exampleStories, makeExample } from './example-models.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('Name a folder.')
for (const example of exampleModels) {
  const source = await makeExample(join(folder, 'models'), example)
  const out = join(folder, example.name)
  await exportModel({ model: source, format: 'transformers', folder: out })
  await using opened = await openModel(source)
  const { tokenizer, model } = opened
  const encode = (text: string): number[] => [...tokenizer.encode(text, { addSpecialTokens: false }).ids]
  const start = tokenizer.endOfTextId!
  const prompt = [start, ...encode('Once upon a time')]
  const maxTokens = 40
  const [greedy] = await generateBatch(model, [prompt], { temperature: 0, maxTokens, stopIds: [start] })
  const expected = {
    texts: exampleStories.map(text => ({ text, ids: encode(text), decoded: tokenizer.decode(encode(text)) })),
    prompt: `${tokenizer.idToToken(start)}Once upon a time`,
    promptIds: prompt,
    greedy: greedy!.ids,
  }
  await writeFile(join(out, 'expected.json'), JSON.stringify(expected))
}
