// Sorts the heads of the shipped models by what they attend to in the bundled stories, into models/heads.json.
//
//   node --conditions=@tinystories/source apps/demo/scripts/classify-heads.ts

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useBackend } from '@tinystories/backends'
import { openStories } from '@tinystories/dataset'
import { type ClassifiedHead, classifyHeads } from '@tinystories/interpret'
import { loadPretrained } from '@tinystories/model/files'
import { loadTokenizer } from '@tinystories/tokenizer'
import { shippedModels } from '../src/models/shipped.ts'
import { HEAD_STORIES, headTexts } from '../src/workers/head-texts.ts'

await useBackend('cpu')
const models = fileURLToPath(new URL('../models/', import.meta.url))
const tokenizer = await loadTokenizer(join(models, 'tokenizer.json'))
const stories: string[] = []
for await (const { text } of openStories('sample')) {
  if (stories.push(text) === HEAD_STORIES) break
}
const all: Record<string, ClassifiedHead[]> = {}
for (const { id } of shippedModels) {
  const model = await loadPretrained(join(models, id))
  const texts = headTexts(stories, tokenizer, tokenizer.endOfTextId, model.config.contextLength)
  const heads = await classifyHeads(model, texts)
  all[id] = heads.map(head => ({
    ...head,
    ...Object.fromEntries(
      (['firstToken', 'averaging', 'distance', 'bestDistanceWeight'] as const).map(key => [
        key,
        Math.round(head[key] * 1000) / 1000,
      ]),
    ),
  }))
  console.log(id, all[id].map(head => `${head.layer + 1}.${head.head + 1} ${head.class}`).join(', '))
}
await writeFile(join(models, 'heads.json'), `${JSON.stringify(all)}\n`)
