import type { GptConfig } from '../config.ts'
import { ConfigError } from '../errors/index.ts'
import { tensorLayout } from '../files/tensor-layout.ts'
import { fileFormat, tensorFormat } from '../files/transformers-config.ts'

/** Low-rank adapters (LoRA, Hu et al., arXiv 2106.09685): W + alpha / rank · A · B, of which only A and B are trained. */
export interface AdapterConfig {
  /** Columns of A and rows of B. */
  rank: number
  /** What A · B counts, as a multiple of the rank. */
  alpha: number
  /**
   * The maps that are adapted, by the ends of their names in transformers: `q_proj`, `mlp.c_fc`; `all-linear` means all of
   * the blocks.
   */
  targets: readonly string[]
}

/** One map that is adapted. */
export interface AdapterSite {
  /** Its name in transformers, such as `transformer.h.0.attn.attention.q_proj`. */
  module: string
  /** Our parameter that holds it, in the columns `[from, from + outputs)`. */
  parameter: string
  from: number
  inputs: number
  outputs: number
}

/** The maps that can be adapted: all of the blocks. */
export function linearSites(config: GptConfig): AdapterSite[] {
  const layout = tensorLayout(config, tensorFormat(fileFormat(config)).naming, 'in-out')
  return layout
    .filter(({ parameter, shape }) => parameter.startsWith('layers.') && shape.length === 2)
    .map(({ name, shape, parameter, from }) => ({
      module: name.replace(/\.weight$/, ''),
      parameter,
      from,
      inputs: shape[0]!,
      outputs: shape[1]!,
    }))
}

/** The maps that are adapted where nothing else is said: those that PEFT takes too. */
export function defaultTargets(config: GptConfig): string[] {
  return tensorFormat(fileFormat(config)).naming === 'gpt2' ? ['c_attn'] : ['q_proj', 'v_proj']
}

/** @throws ConfigError `unknown-target` for a name that no map ends with */
export function adapterSites(config: GptConfig, targets: readonly string[]): AdapterSite[] {
  const all = linearSites(config)
  const isAll = (target: string): boolean => target === 'all-linear'
  const fits = (module: string, target: string): boolean =>
    isAll(target) || module === target || module.endsWith(`.${target}`)
  const unknown = targets.find(target => !all.some(({ module }) => fits(module, target)))
  if (unknown !== undefined || targets.length === 0) {
    const known = [...new Set(all.map(({ module }) => module.replace(/^.*\./, '')))]
    throw new ConfigError('unknown-target', { target: unknown ?? '', known })
  }
  return all.filter(({ module }) => targets.some(target => fits(module, target)))
}
