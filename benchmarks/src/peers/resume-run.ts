/**
 * A training run that the benchmark `resume` kills: `resume-run.ts FOLDER STEPS` goes on from the newest checkpoint if
 * there is one, reports each step, and at last the hash of all it holds.
 */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { openStories } from '@tinystories/dataset'
import { evaluateLoss, gptConfig, initParameters, loss } from '@tinystories/model'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { loadTokenizer } from '@tinystories/tokenizer'
import { type BatchStream, createTrainer, muon, warmupCosine } from '@tinystories/trainer'

const [folder, steps] = process.argv.slice(2) as [string, string]
await useBackend('cpu')
const tokenizer = await loadTokenizer(join(folder, '../tokenizer.json'))
const config = gptConfig('sample', {
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 32,
  layers: 2,
  contextLength: 64,
})
const names = await readdir(join(folder, 'checkpoints')).catch(() => [])
const trainer = await createTrainer({
  model: {
    parameters: initParameters(config, 1),
    loss: (parameters, batch) => loss(config, parameters, batch),
    evaluate: (parameters, batch) => evaluateLoss(config, parameters, batch),
  },
  data: openStories('sample')
    .shuffle({ seed: 1, bufferSize: 500 })
    .repeat()
    .tokenize(tokenizer, { eos: tokenizer.endOfTextId! })
    .pack({ contextLength: config.contextLength })
    .batch(4)
    .prefetch(4) as BatchStream,
  optimizer: muon(),
  schedule: warmupCosine({ peak: 3e-3, warmupSteps: 20 }),
  engine: 'compiled',
  run: {
    folder,
    format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
    checkpointEverySteps: 3,
  },
  resume: names.some(name => name.startsWith('step-')),
  callbacks: { onMetrics: line => line.type === 'step' && console.log(`step ${line.step}`) },
})
console.log(`from ${trainer.step}`)
await trainer.run({ steps: Number(steps) })
const { parameters, optimizer } = await trainer.save()
await trainer.dispose()
const hash = createHash('sha256')
for (const record of [parameters, ...Object.values(optimizer)]) {
  for (const values of Object.values(record)) hash.update(values)
}
console.log(`end ${hash.digest('hex')}`)
