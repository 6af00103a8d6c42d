import { mainRows, type ReportRow } from '../collect-rows.ts'
import type { Chart } from './draw.ts'

/**
 * The paper's four histograms of diversity and novelty, of continuations of training stories: how much of each is in the
 * original, how like another it is, how frequent its k-grams are in the corpus, and how much of it is in the nearest
 * training story. The third shows the largest model.
 */
export function noveltyCharts(rows: readonly ReportRow[]): Chart[] {
  const seen = new Set<string>()
  const measured = mainRows(rows).flatMap(({ cell, training, measures }) => {
    const model = `${cell.hidden} x ${cell.layers}`
    const continuations = measures?.continuations
    if (continuations === undefined || seen.has(model)) return []
    seen.add(model)
    return [{ model, parameters: training?.parameters ?? 0, continuations }]
  })
  const [first, ...others] = measured
  if (first === undefined) return []
  const largest = others.reduce((best, each) => (each.parameters > best.parameters ? each : best), first)
  const order = measured.map(({ model }) => model)
  const shares = (
    name: 'originalPrecision' | 'among' | 'corpusPrecision',
    title: string,
    axis: string,
  ): Chart => {
    const values = measured.flatMap(({ model, continuations }) => {
      const histogram = continuations[name]?.histogram ?? []
      const total = histogram.reduce((sum, count) => sum + count, 0)
      return histogram.map((count, at) => ({ model, from: (at + 0.5) / 10, share: count / total }))
    })
    return {
      ...{ width: 240, height: 160, title, data: { values } },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'from', type: 'quantitative', title: axis, scale: { domain: [0, 1] } },
        y: { field: 'share', type: 'quantitative', title: 'continuations', axis: { format: '.0%' } },
        color: { field: 'model', type: 'nominal', sort: order },
      },
    }
  }
  const grams = (largest.continuations.frequencies ?? []).flatMap(({ k, grams, histogram }) =>
    Object.entries(histogram).map(([bin, count]) => ({
      ...{ k: `${k}`, bin: Number(bin), share: count / grams },
    })),
  )
  return [
    shares('originalPrecision', 'In the original continuation', 'R2p(continuation, original)'),
    shares('among', 'In another continuation', 'highest R2(continuation, other)'),
    {
      ...{ width: 240, height: 160, title: `k-grams in the corpus, ${largest.model}` },
      data: { values: grams },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'bin', type: 'quantitative', title: 'log10 frequency (never: -10)' },
        y: { field: 'share', type: 'quantitative', title: 'k-grams', axis: { format: '.0%' } },
        color: { field: 'k', type: 'nominal', title: 'k' },
      },
    },
    shares('corpusPrecision', 'In the nearest training story', 'highest R2p(continuation, story)'),
  ]
}
