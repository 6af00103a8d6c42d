// Puts trained models into models/ in half precision, with what the page says about each.
//
//   node --conditions=@tinystories/source apps/demo/scripts/ship-models.ts RUN_FOLDER...
//
// Each folder is a finished run of `tinystories train`; its name becomes the model's.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countParameters } from '@tinystories/model'
import { loadPretrainedArrays, saveSafetensors } from '@tinystories/model/files'
import type { ShippedModel } from '../src/models/shipped.ts'

const target = fileURLToPath(new URL('../models/', import.meta.url))
const runs = process.argv.slice(2).map(path => resolve(path))
if (runs.length === 0) {
  console.error('usage: ship-models.ts RUN_FOLDER...')
  process.exit(1)
}

const shipped: ShippedModel[] = []
let vocabulary: string | undefined
for (const run of runs) {
  const folder = join(run, 'model')
  const { config, parameters, stopIds, tokenizerHash } = await loadPretrainedArrays(folder)
  const tokenizer = await readFile(join(folder, 'tokenizer.json'), 'utf8')
  vocabulary ??= tokenizer
  if (tokenizer !== vocabulary) throw new Error(`${run}: its tokenizer is not that of the others`)
  const { bitsPerByte } = JSON.parse(await readFile(join(folder, 'evaluation.json'), 'utf8')) as {
    bitsPerByte: number
  }
  const id = basename(run)
  await saveSafetensors(join(target, id), { config, parameters }, { dtype: 'F16', stopIds, tokenizerHash })
  shipped.push({
    id,
    name: id[0]!.toUpperCase() + id.slice(1),
    parameters: countParameters(config).total,
    layers: config.layers,
    heads: config.heads,
    hiddenSize: config.hiddenSize,
    bitsPerByte: Number(bitsPerByte.toFixed(3)),
  })
}
shipped.sort((a, b) => a.parameters - b.parameters)
await mkdir(target, { recursive: true })
// Compact: most of a tokenizer.json is white space.
await writeFile(join(target, 'tokenizer.json'), JSON.stringify(JSON.parse(vocabulary!)))
await writeFile(join(target, 'models.json'), `${JSON.stringify(shipped, null, 2)}\n`)
console.log(shipped)
