// Puts a small model at ten steps of its training into models/learning, a byte for each weight, with what each can do.
//
//   node --conditions=@tinystories/source apps/demo/scripts/ship-learning.ts RUN_FOLDER VALID_TXT
//
// The run was trained with `--tokenizer apps/demo/models/tokenizer.json --checkpoint-every 20 --keep-checkpoints 500`.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { countParameters, gptConfig, initParameterArrays, parameterShapes } from '@tinystories/model'
import { openSafetensors } from '@tinystories/model/files'
import { loadTokenizer } from '@tinystories/tokenizer'
import { readInt8, writeInt8 } from '../src/models/int8.ts'
import type { Learning, LearningStep } from '../src/models/learning.ts'
import { createMeasure } from './measure.ts'

/** Texts of a step. */
const BATCH = 8
const WANTED = [0, 20, 60, 120, 200, 300, 500, 900, 1500]
const [run, valid] = process.argv.slice(2)
if (!run || !valid) {
  console.error('usage: ship-learning.ts RUN_FOLDER VALID_TXT')
  process.exit(1)
}
const models = fileURLToPath(new URL('../models/', import.meta.url))
const target = join(models, 'learning')
const tokenizer = await loadTokenizer(join(models, 'tokenizer.json'))
const model = { hiddenSize: 64, layers: 4, heads: 4, contextLength: 256, vocabSize: tokenizer.vocabSize }
const config = gptConfig('sample', model)
const shapes = parameterShapes(config)

const measure = await createMeasure(tokenizer, valid)
const folders = (await readdir(join(run, 'checkpoints'))).filter(name => name.startsWith('step-')).sort()
const last = Number(folders.at(-1)!.slice('step-'.length))

await rm(target, { recursive: true, force: true })
await mkdir(target, { recursive: true })
const steps: LearningStep[] = []
for (const step of [...WANTED.filter(each => each < last), last]) {
  const bytes = writeInt8(step === 0 ? initParameterArrays(config, 7) : await parametersAt(step), shapes)
  await writeFile(join(target, `${step}.int8`), bytes)
  // What ships is measured, not what was trained.
  const parameters = readInt8(bytes.buffer, shapes)
  steps.push({
    step,
    tokens: step * BATCH * config.contextLength,
    ...(await measure({ config, parameters })),
  })
  console.log(JSON.stringify(steps.at(-1)))
}
const learning: Learning = {
  model,
  parameters: countParameters(config).total,
  steps,
}
await writeFile(join(target, 'learning.json'), `${JSON.stringify(learning)}\n`)

async function parametersAt(step: number): Promise<Record<string, Float32Array>> {
  const folder = `step-${String(step).padStart(8, '0')}`
  const file = await openSafetensors(join(run!, 'checkpoints', folder, 'parameters.safetensors'))
  try {
    const parameters: Record<string, Float32Array> = {}
    for (const name of Object.keys(shapes)) parameters[name] = await file.read(name)
    return parameters
  } finally {
    await file.close()
  }
}
