import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { useBackend } from '@tinystories/backends'
import { createTrainer } from '../run/create-trainer.ts'
import { format, options } from './toy-run.ts'

/** A run that a test kills: `kill-run.ts FOLDER STEPS` continues where it can, prints each step and finally a hash. */
const [folder, steps] = process.argv.slice(2) as [string, string]
await useBackend('cpu')
const hasCheckpoint = existsSync(join(folder, 'checkpoints/step-00000003'))
const trainer = await createTrainer({
  ...options('cpu', {
    run: { folder, format, checkpointEverySteps: 3, keepCheckpoints: 1000 },
    callbacks: { onMetrics: line => line.type === 'step' && process.stdout.write(`step ${line.step}\n`) },
  }),
  resume: hasCheckpoint,
})
const result = await trainer.run({ steps: Number(steps) })
const { parameters, optimizer } = await trainer.save()
await trainer.dispose()
const hash = createHash('sha256')
for (const record of [parameters, ...Object.values(optimizer)]) {
  for (const values of Object.values(record)) hash.update(values)
}
process.stdout.write(`end ${result.step} ${hash.digest('hex')}\n`)
