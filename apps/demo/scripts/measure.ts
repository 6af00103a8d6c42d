import { openStories } from '@tinystories/dataset'
import { type ProbeKind, runProbes, summarizeProbes } from '@tinystories/interpret/probes'
import type { GptConfig } from '@tinystories/model'
import { createWasmModel, score } from '@tinystories/model/generation'
import { scoreEndings } from '@tinystories/pipeline/recipe'
import type { Tokenizer } from '@tinystories/tokenizer'
import type { Measured } from '../src/models/measured.ts'

const STORIES = 120
const kinds: readonly ProbeKind[] = ['grammar', 'facts', 'reasoning', 'context']

/** Measures models as the page shows them: bits per byte of held-out stories, and the probes of `interpret`. */
export async function createMeasure(
  tokenizer: Tokenizer,
  valid: string,
): Promise<
  (model: {
    config: GptConfig
    parameters: Record<string, Float32Array>
  }) => Promise<Measured & { bitsPerByte: number }>
> {
  const stories: string[] = []
  for await (const { text } of openStories(valid)) {
    if (stories.push(text) === STORIES) break
  }
  const end = tokenizer.endOfTextId!
  const stream = stories.flatMap(story => [end, ...tokenizer.encode(story, { addSpecialTokens: false }).ids])
  const bytesPerToken = Buffer.byteLength(stories.join('')) / stream.length
  return async model => {
    const wasm = await createWasmModel(model)
    const results = await runProbes((prompt, endings) =>
      scoreEndings({ model: wasm, tokenizer }, prompt, endings),
    )
    const probes = Object.fromEntries(
      kinds.map(kind => {
        const { accuracy, interval, chance } = summarizeProbes(results, kind)
        return [
          kind,
          {
            accuracy: round(accuracy),
            low: round(interval[0]),
            high: round(interval[1]),
            chance: round(chance),
          },
        ]
      }),
    )
    return { probes, bitsPerByte: round(await heldOut(wasm)) }
  }

  /** Bits per byte of windows as long as the context, cut from the stories one after another, as in training. */
  async function heldOut(model: Awaited<ReturnType<typeof createWasmModel>>): Promise<number> {
    const { contextLength } = model.config
    let [nats, tokens] = [0, 0]
    for (let at = 0; at + contextLength <= stream.length; at += contextLength) {
      const window = stream.slice(at, at + contextLength)
      const [scored] = await score(model, window.slice(0, 1), [window.slice(1)])
      nats -= scored!.logProbability
      tokens += contextLength - 1
    }
    return nats / Math.LN2 / tokens / bytesPerToken
  }
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000
}
