import { mainRows, type ReportRow } from '../collect-rows.ts'
import type { Chart } from './draw.ts'

const kinds = ['grammar', 'facts', 'reasoning', 'context'] as const

/** Shares of probes passed against the hidden size, a line for each depth, a chart for each kind. */
export function probeCharts(rows: readonly ReportRow[]): Chart[] {
  const probed = mainRows(rows).filter(({ probes }) => probes !== undefined)
  if (probed.length === 0) return []
  return kinds.map((kind): Chart => {
    const values = probed.map(({ cell: { hidden, layers }, probes }) => ({
      ...{ hidden, layers: `${layers}`, passed: probes![kind].accuracy },
    }))
    const chance = probed[0]!.probes![kind].chance
    const y = {
      field: 'passed',
      type: 'quantitative',
      title: 'passed',
      scale: { zero: false },
      axis: { format: '.0%' },
    } as const
    return {
      width: 180,
      height: 180,
      title: kind,
      layer: [
        {
          data: { values: [{ passed: chance }] },
          mark: { type: 'rule', color: '#aaa', strokeDash: [3, 3] },
          encoding: { y },
        },
        {
          data: { values },
          mark: { type: 'line', point: true },
          encoding: {
            x: { field: 'hidden', type: 'ordinal', title: 'hidden size', axis: { labelAngle: 0 } },
            // Seeds of a model share a point.
            y: { ...y, aggregate: 'mean' },
            color: { field: 'layers', type: 'nominal', title: 'layers', sort: null },
          },
        },
      ],
    }
  })
}

/** Shares of probes passed during training, a line for each kind, a chart for each model. */
export function emergenceCharts(rows: readonly ReportRow[]): Chart[] {
  const shown = mainRows(rows).filter(({ emergence }) => emergence !== undefined)
  const seen = new Set<string>()
  return shown.flatMap(({ cell: { hidden, layers }, emergence }) => {
    const title = `${hidden} x ${layers}`
    // One seed of each model.
    if (seen.has(title)) return []
    seen.add(title)
    const values = emergence!.flatMap(({ tokens, probes }) =>
      kinds.map(kind => ({ tokens, kind, passed: probes[kind].passed / probes[kind].items })),
    )
    const chart: Chart = {
      width: 180,
      height: 150,
      title,
      data: { values },
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          ...{ field: 'tokens', type: 'quantitative', title: 'tokens seen' },
          ...{ scale: { type: 'log', nice: false }, axis: { format: '~s' } },
        },
        y: {
          ...{ field: 'passed', type: 'quantitative', title: 'passed', scale: { zero: false } },
          axis: { format: '.0%' },
        },
        color: { field: 'kind', type: 'nominal', title: 'probes', sort: [...kinds] },
      },
    }
    return [chart]
  })
}
