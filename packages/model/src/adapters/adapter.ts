import * as tf from '@tensorflow/tfjs-core'
import { Random } from '@tinystories/utils/random'
import type { GptConfig } from '../config.ts'
import { withGradient } from '../ops/with-gradient.ts'
import { type Parameters, parameterShapes } from '../parameters.ts'
import { type AdapterConfig, type AdapterSite, adapterSites } from './sites.ts'

/** Name of a map's A, `[inputs, rank]`. */
export const nameOfA = ({ module }: AdapterSite): string => `adapter.${module}.A`
/** Name of a map's B, `[rank, outputs]`. */
export const nameOfB = ({ module }: AdapterSite): string => `adapter.${module}.B`

/** Name and shape of every parameter of an adapter, in a fixed order. */
export function adapterShapes(config: GptConfig, { rank, targets }: AdapterConfig): Record<string, number[]> {
  return Object.fromEntries(
    adapterSites(config, targets).flatMap(site => [
      [nameOfA(site), [site.inputs, rank]],
      [nameOfB(site), [rank, site.outputs]],
    ]),
  )
}

/**
 * A fresh adapter, which changes nothing yet: A uniform in ±1 / √inputs as PEFT draws it, B zeros. The same seed gives the
 * same numbers everywhere.
 */
export function initAdapter(
  config: GptConfig,
  adapter: AdapterConfig,
  seed = 0,
): Record<string, Float32Array> {
  const random = new Random(seed).stream('adapter')
  return Object.fromEntries(
    Object.entries(adapterShapes(config, adapter)).map(([name, [rows, columns]]) => {
      const values = new Float32Array(rows! * columns!)
      if (name.endsWith('.A')) {
        const bound = 1 / Math.sqrt(rows!)
        for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1)
      }
      return [name, values]
    }),
  )
}

/**
 * The parameters of the model with its adapter added: pure, with gradients for the adapter alone.
 *
 * @param parameters those of the model and those of the adapter
 */
export function adaptedParameters(
  config: GptConfig,
  adapter: AdapterConfig,
  parameters: Parameters,
): Parameters {
  const adapted: Parameters = {}
  for (const name of Object.keys(parameterShapes(config))) adapted[name] = parameters[name]!
  for (const [name, sites] of sitesByParameter(config, adapter)) {
    adapted[name] = adaptedWeight(
      parameters[name]!,
      sites,
      sites.flatMap(site => [parameters[nameOfA(site)]!, parameters[nameOfB(site)]!]),
      adapter.alpha / adapter.rank,
    )
  }
  return adapted
}

/** `weight + scale · A · B` in the columns of each site. */
function adaptedWeight(
  weight: tf.Tensor,
  sites: readonly AdapterSite[],
  factors: readonly tf.Tensor[],
  scale: number,
): tf.Tensor {
  const [inputs, width] = weight.shape as [number, number]
  return withGradient([weight, ...factors], save => {
    save([weight, ...factors])
    const parts: tf.Tensor[] = []
    let column = 0
    const copyUntil = (end: number): void => {
      if (end > column) parts.push(tf.slice(weight, [0, column], [inputs, end - column]))
    }
    for (const [i, { from, outputs }] of sites.entries()) {
      copyUntil(from)
      const change = tf.mul(tf.matMul(factors[2 * i]!, factors[2 * i + 1]!), scale)
      parts.push(tf.add(tf.slice(weight, [0, from], [inputs, outputs]), change))
      column = from + outputs
    }
    copyUntil(width)
    return {
      value: parts.length === 1 ? parts[0]! : tf.concat(parts, 1),
      gradients(dy, [kept, ...saved]) {
        const gradients = sites.flatMap(({ from, outputs }, i) => {
          const a = saved[2 * i]!
          const b = saved[2 * i + 1]!
          const part = tf.mul(tf.slice(dy, [0, from], [inputs, outputs]), scale)
          return [tf.matMul(part, b, false, true), tf.matMul(a, part, true, false)]
        })
        return [tf.zerosLike(kept!), ...gradients]
      },
    }
  })
}

/**
 * The model's own parameters with an adapter added to them for good.
 *
 * @param arrays those of the model and those of the adapter
 */
export function mergeAdapter(
  config: GptConfig,
  adapter: AdapterConfig,
  arrays: Record<string, Float32Array>,
): Record<string, Float32Array> {
  const shapes = parameterShapes(config)
  const merged = Object.fromEntries(Object.keys(shapes).map(name => [name, arrays[name]!]))
  const scale = adapter.alpha / adapter.rank
  for (const [name, sites] of sitesByParameter(config, adapter)) {
    const width = shapes[name]!.at(-1)!
    const weight = Float32Array.from(arrays[name]!)
    for (const site of sites) {
      const a = arrays[nameOfA(site)]!
      const b = arrays[nameOfB(site)]!
      const { rank } = adapter
      for (let row = 0; row < site.inputs; row++) {
        for (let column = 0; column < site.outputs; column++) {
          let sum = 0
          for (let k = 0; k < rank; k++) sum += a[row * rank + k]! * b[k * site.outputs + column]!
          weight[row * width + site.from + column]! += scale * sum
        }
      }
    }
    merged[name] = weight
  }
  return merged
}

function sitesByParameter(config: GptConfig, { targets }: AdapterConfig): Map<string, AdapterSite[]> {
  const byParameter = new Map<string, AdapterSite[]>()
  for (const site of adapterSites(config, targets))
    byParameter.set(site.parameter, [...(byParameter.get(site.parameter) ?? []), site])
  return byParameter
}
