import { useBackend } from '@tinystories/backends'
import { loadPretrained } from '@tinystories/model'
import { adamW, createEngine, type EngineName, evaluateOn, initialState } from '@tinystories/trainer'
import { abortOnInterrupt } from '../interrupts.ts'
import { modelFolder, openTokenizer } from '../open-model.ts'
import { resolveSource } from '../open-source.ts'
import { forDisplay } from '../paths.ts'
import { checkTokens, evaluationSet, openTextOrTokens } from '../train/open-data.ts'
import { trainableModel } from '../train/trainable-model.ts'

export interface EvaluateFlags {
  model?: string
  data: string
  batch: number
  engine: EngineName | 'auto'
  json?: boolean
}

/**
 * Measures a model on stories.
 *
 * @returns the exit code: 0, or 130 when interrupted.
 */
export async function evaluate(flags: EvaluateFlags): Promise<number> {
  const folder = await modelFolder(flags.model)
  const tokenizer = await openTokenizer(flags.model, folder)
  await useBackend('cpu')
  const { config, parameters } = await loadPretrained(folder)
  const data = resolveSource(flags.data)
  await checkTokens(data, tokenizer)
  const set = await evaluationSet(await openTextOrTokens(data), {
    tokenizer,
    contextLength: config.contextLength,
    batchSize: flags.batch,
  })
  const model = trainableModel(config, parameters)
  const optimizer = adamW()
  const { engine } = await createEngine({ model, optimizer, engine: flags.engine })
  const interrupt = abortOnInterrupt()
  try {
    await engine.load(await initialState(parameters, optimizer))
    const started = performance.now()
    const score = await evaluateOn(engine, set, interrupt.signal)
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
  } catch (error) {
    if (interrupt.signal.aborted) return 130
    throw error
  } finally {
    interrupt.release()
    await engine.dispose()
  }
}
