import {
  type AdapterConfig,
  adapterSites,
  defaultTargets,
  type GptConfig,
  parameterShapes,
} from '@tinystories/model'
import { nameMatcher } from '@tinystories/trainer/optimizers'
import { PipelineError } from '../errors.ts'
import type { RunOptions } from './run-options.ts'
import type { RunSettings } from './run-settings.ts'

/** What of a model is trained, and how fast. */
export type Tuning = Pick<RunSettings, 'adapter' | 'freeze' | 'learningRates'>

/**
 * Checks which options go together, before anything is loaded.
 *
 * @throws PipelineError `needs-from`, `needs-lora`, `options-exclude`
 */
export function checkTuning(options: RunOptions): void {
  const { from, lora } = options
  for (const option of ['lora', 'keepOptimizer', 'adapter'] as const)
    if (options[option] !== undefined && from === undefined) throw new PipelineError('needs-from', { option })
  for (const option of ['loraAlpha', 'loraTargets'] as const)
    if (options[option] !== undefined && lora === undefined) throw new PipelineError('needs-lora', { option })
  // The state of an optimizer is that of the parameters that were trained.
  for (const [one, other] of [
    ['lora', 'freeze'],
    ['lora', 'learningRates'],
    ['lora', 'layerDecay'],
    ['lora', 'keepOptimizer'],
    ['freeze', 'keepOptimizer'],
    ['adapter', 'keepOptimizer'],
  ] as const)
    if (options[one] !== undefined && options[other] !== undefined)
      throw new PipelineError('options-exclude', { options: [one, other] })
}

/**
 * What is trained of a model.
 *
 * @throws PipelineError `unmatched-pattern`, `nothing-to-train`; ConfigError `unknown-target`
 */
export function planTuning(options: RunOptions, config: GptConfig): Tuning {
  const { lora, freeze = [], learningRates = {}, layerDecay } = options
  const names = Object.keys(parameterShapes(config))
  checkPatterns('freeze', freeze, names)
  checkPatterns('learningRates', Object.keys(learningRates), names)
  if (freeze.length > 0 && names.every(nameMatcher(freeze))) throw new PipelineError('nothing-to-train', {})
  return {
    adapter: lora === undefined ? null : adapterOf(options, lora, config),
    freeze,
    learningRates: {
      ...(layerDecay === undefined ? {} : decayByLayer(layerDecay, config)),
      ...learningRates,
    },
  }
}

function adapterOf({ loraAlpha, loraTargets }: RunOptions, rank: number, config: GptConfig): AdapterConfig {
  const targets = loraTargets ?? defaultTargets(config)
  adapterSites(config, targets)
  return { rank, alpha: loraAlpha ?? 2 * rank, targets }
}

function checkPatterns(
  option: 'freeze' | 'learningRates',
  patterns: readonly string[],
  names: readonly string[],
): void {
  const unmatched = patterns.find(pattern => !names.some(nameMatcher([pattern])))
  if (unmatched === undefined) return
  const known = [...new Set(names.map(name => name.replace(/^layers\.\d+\./, 'layers.0.')))]
  throw new PipelineError('unmatched-pattern', { option, pattern: unmatched, known })
}

/** The last layer, the final norm and a free head keep the rate; each layer below has `decay` times that of the one above. */
function decayByLayer(decay: number, { layers }: GptConfig): Record<string, number> {
  const factors = Array.from({ length: layers }, (_, layer) => [
    `layers.${layer}.*`,
    decay ** (layers - 1 - layer),
  ])
  return { ...Object.fromEntries(factors), 'embedding.*': decay ** layers }
}
