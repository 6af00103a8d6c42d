// Measures the shipped models with the probes of `interpret`, into models/probes.json.
//
//   node --conditions=@tinystories/source apps/demo/scripts/measure-models.ts VALID_TXT

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadPretrainedArrays } from '@tinystories/model/files'
import { loadTokenizer } from '@tinystories/tokenizer'
import type { Measured } from '../src/models/measured.ts'
import { shippedModels } from '../src/models/shipped.ts'
import { createMeasure } from './measure.ts'

const [valid] = process.argv.slice(2)
if (!valid) {
  console.error('usage: measure-models.ts VALID_TXT')
  process.exit(1)
}
const models = fileURLToPath(new URL('../models/', import.meta.url))
const measure = await createMeasure(await loadTokenizer(join(models, 'tokenizer.json')), valid)
const all: Record<string, Measured> = {}
for (const { id } of shippedModels) {
  const { probes } = await measure(await loadPretrainedArrays(join(models, id)))
  all[id] = { probes }
}
await writeFile(join(models, 'probes.json'), `${JSON.stringify(all, null, 2)}\n`)
console.log(all)
