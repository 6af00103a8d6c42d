import type { GptModel } from '@tinystories/model'
import { attentionPatterns, type HeadId } from './attention-patterns.ts'
import { classifyEvidence, EvidenceSum, type HeadClass, type HeadEvidence } from './head-evidence.ts'
import { type ProgressOptions, yieldToEventLoop } from './progress.ts'

/** A head with its class and what speaks for it. */
export interface ClassifiedHead extends HeadId, HeadEvidence {
  class: HeadClass
}

/**
 * Classifies all heads by their attention on texts. More texts make it surer: one text of a hundred tokens gives a first
 * impression, fifty stories a stable one.
 *
 * @param texts token ids of each text, the token that starts a story included; what is beyond the context is left out
 * @throws the signal's reason
 */
export async function classifyHeads(
  model: GptModel,
  texts: readonly ArrayLike<number>[],
  { signal, onProgress }: ProgressOptions = {},
): Promise<ClassifiedHead[]> {
  const { layers, heads, attention, localWindow, contextLength } = model.config
  const sums = attention.map(kind =>
    Array.from({ length: heads }, () => new EvidenceSum(kind === 'local' ? localWindow : contextLength)),
  )
  for (const [i, text] of texts.entries()) {
    signal?.throwIfAborted()
    const ids = Array.from(text).slice(0, contextLength)
    for (const { layer, head, weights } of await attentionPatterns(model, ids)) {
      sums[layer]![head]!.add(weights, ids.length)
    }
    onProgress?.({ done: i + 1, total: texts.length })
    await yieldToEventLoop()
  }
  return Array.from({ length: layers * heads }, (_, i) => {
    const [layer, head] = [Math.floor(i / heads), i % heads]
    const { evidence } = sums[layer]![head]!
    return { layer, head, class: classifyEvidence(evidence), ...evidence }
  })
}
