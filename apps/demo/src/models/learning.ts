import sizes from 'virtual:model-sizes'
import learned from '../../models/learning/learning.json' with { type: 'json' }
import { PageError } from '../errors/page-error.ts'
import type { ShippedFile } from './download.ts'
import type { Measured } from './measured.ts'

/** A model at a step of its training. */
export interface LearningStep extends Measured {
  step: number
  /** Tokens it had read. */
  tokens: number
  /** On held-out stories. */
  bitsPerByte: number
}

/** One model while it learned: `scripts/ship-learning.ts` writes it. */
export interface Learning {
  model: { hiddenSize: number; layers: number; heads: number; contextLength: number; vocabSize: number }
  parameters: number
  steps: readonly LearningStep[]
}

export const learning: Learning = learned as unknown as Learning

const files = import.meta.glob<string>('../../models/learning/*.int8', {
  query: '?url',
  import: 'default',
  eager: true,
})

/** Where the parameters after a step are. */
export function learningFile(step: number): ShippedFile {
  const found = Object.entries(files).find(([path]) => path.endsWith(`/${step}.int8`))
  if (!found) throw new PageError('no-model', { files: [`${step}.int8`] })
  return { url: new URL(found[1], import.meta.url).href, bytes: sizes[`learning/${step}.int8`] ?? 0 }
}
