import { join } from 'node:path'
import { parameterShapes } from '@tinystories/model'
import { encodeSafetensors, openSafetensors } from '@tinystories/model/files'
import { CheckpointStore } from '@tinystories/trainer'
import { readMetrics } from '../run/read-metrics.ts'
import { readSettings } from '../run/read-settings.ts'
import { runFolder } from '../run/run-folder.ts'
import { loadTokenizerFile } from '../source/load-tokenizer-file.ts'
import { checkLastLine } from './check-lines.ts'
import type { Checker } from './checker.ts'

/** Runs: settings, tokenizer, metrics, and every checkpoint with all its checksums. */
export const runChecker: Checker = {
  matches: names => names.has('metrics.jsonl') || names.has('checkpoints') || names.has('run.lock'),
  async check(folder, context, names) {
    const run = runFolder(folder)
    context.count('run')
    const settings = await context.attempt(run.config, () => readSettings(run))
    if (names.has('tokenizer.json'))
      await context.attempt(run.tokenizer, () => loadTokenizerFile(run.tokenizer))
    if (names.has('metrics.jsonl'))
      await context.attempt(run.metrics, async () => {
        for (const error of (await readMetrics(run.metrics)).damaged) context.report(run.metrics, error)
        await checkLastLine(run.metrics, context)
      })
    if (settings === undefined || !names.has('checkpoints')) return
    const store = new CheckpointStore({
      folder: run.checkpoints,
      format: { extension: 'safetensors', encode: encodeSafetensors, open: openSafetensors },
      shapes: parameterShapes(settings.model),
    })
    for (const name of (await context.attempt(run.checkpoints, () => store.list())) ?? []) {
      context.signal?.throwIfAborted()
      context.count('checkpoint')
      await context.attempt(join(run.checkpoints, name), () => store.read(name))
    }
  },
}
