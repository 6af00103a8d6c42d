import { useBackend } from '@tinystories/backends'
import { loadPretrained } from '@tinystories/model/files'
import { evaluationSet, trainableModel } from '@tinystories/pipeline/recipe'
import {
  adamW,
  createEngine,
  type Engine,
  type EngineName,
  evaluateOn,
  initialState,
} from '@tinystories/trainer'
import { interruptible } from '../interrupts.ts'
import { modelFolder, openTokenizer } from '../open-model.ts'
import { resolveSource } from '../open-source.ts'
import { forDisplay } from '../paths.ts'
import { ProgressLine } from '../progress-line.ts'
import { checkTokens, openTextOrTokens } from '../train/open-data.ts'

export interface EvaluateFlags {
  model?: string
  data: string
  separator?: string
  batch: number
  engine: EngineName | 'auto'
  json?: boolean
}

/**
 * Measures a model on stories.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export function evaluate(flags: EvaluateFlags): Promise<number> {
  return interruptible(
    signal => measure(flags, signal),
    () => console.error('Interrupted. Nothing is measured; the same command begins anew.'),
  )
}

async function measure(flags: EvaluateFlags, signal: AbortSignal): Promise<number> {
  const folder = await modelFolder(flags.model, signal)
  const tokenizer = await openTokenizer(flags.model, folder, signal)
  await useBackend('cpu')
  const { config, parameters } = await loadPretrained(folder)
  const data = resolveSource(flags.data)
  await checkTokens(data, tokenizer)
  const separator = flags.separator ?? null
  const set = await evaluationSet(await openTextOrTokens(data, separator), {
    tokenizer,
    contextLength: config.contextLength,
    batchSize: flags.batch,
    signal,
  })
  const model = trainableModel(config, parameters)
  const optimizer = adamW()
  const { engine } = await createEngine({ model, optimizer, engine: flags.engine })
  const progress = new ProgressLine()
  try {
    await engine.load(await initialState(parameters, optimizer))
    const started = performance.now()
    let done = 0
    const told: Pick<Engine, 'evaluate'> = {
      evaluate(batch) {
        progress.update({ done, total: set.batches.length }, () => `batch ${done} of ${set.batches.length}`)
        done++
        return engine.evaluate(batch)
      },
    }
    const score = await evaluateOn(told, set, signal)
    progress.end()
    const seconds = (performance.now() - started) / 1000
    if (flags.json) {
      console.log(JSON.stringify({ model: folder, data: flags.data, engine: engine.name, seconds, ...score }))
    } else {
      console.log(`Model: ${forDisplay(folder)}, engine ${engine.name}`)
      console.log(
        `${score.bitsPerByte.toFixed(4)} bits per byte, ${score.nats.toFixed(4)} nats/token, perplexity ${score.perplexity.toFixed(2)}, ${(score.accuracy * 100).toFixed(1)} % right`,
      )
      console.log(
        `${score.tokens.toLocaleString('en')} tokens, ${score.bytes.toLocaleString('en')} bytes in ${seconds.toFixed(1)} s`,
      )
    }
    return 0
  } finally {
    progress.end()
    await engine.dispose()
  }
}
