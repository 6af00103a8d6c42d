import { Random } from '@tinystories/utils/random'
import type { GptConfig } from '../config.ts'
import type { BeamSearchOptions } from '../generation/beam-search.ts'
import { tinyArrays, tinyConfig } from './tiny.ts'

/** A prompt and how it is continued. */
export interface BeamCase extends Required<Omit<BeamSearchOptions, 'signal' | 'stopIds'>> {
  prompt: number[]
  stopIds: number[]
}

/** The model of a seed: GPT-Neo for even ones, GPT-2 for odd ones, with sharp predictions. */
export function beamModel(seed: number): { config: GptConfig; parameters: Record<string, Float32Array> } {
  const config = tinyConfig({
    vocabSize: 30,
    contextLength: 40,
    hiddenSize: 12,
    layers: 2,
    initializerRange: 0.5,
    ...(seed % 2 === 1 && {
      attention: ['global'],
      localWindow: 40,
      attentionScale: true,
      bias: { qkv: true, attentionOutput: true, mlp: true },
    }),
  })
  return { config, parameters: tinyArrays(config, seed) }
}

/** Random cases for the model of a seed. */
export function beamCases(seed: number, count: number): BeamCase[] {
  const random = new Random(seed).stream('beam cases')
  const any = <T>(list: readonly T[]): T => list[random.integer(list.length)]!
  const ids = (length: number): number[] => Array.from({ length }, () => random.integer(30))
  return Array.from({ length: count }, () => {
    const beams = 2 + random.integer(5)
    return {
      prompt: ids(1 + random.integer(12)),
      beams,
      count: 1 + random.integer(beams),
      lengthPenalty: any([0, 0.6, 1, 1, 2, -1]),
      earlyStopping: any([false, true, 'never'] as const),
      maxTokens: 1 + random.integer(25),
      stopIds: any([[], [random.integer(30)], [...new Set(ids(2))], [...new Set(ids(4))]]),
    }
  })
}
