import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import type { SweepReport } from './build-report.ts'

/**
 * Bits per byte against training FLOPs, both on a logarithmic scale, with the fitted power law, as SVG.
 *
 * @returns an empty text where no cell is trained
 */
export async function scalingFigure({ rows, scaling }: SweepReport): Promise<string> {
  const points = rows.flatMap(({ cell, training }) =>
    training === undefined
      ? []
      : [
          {
            flops: training.flops,
            bitsPerByte: training.bitsPerByte,
            layers: `${cell.layers}`,
            hidden: cell.hidden,
          },
        ],
  )
  if (points.length === 0) return ''
  const ends = [Math.min, Math.max].map(end => end(...points.map(({ flops }) => flops)))
  const line = scaling
    ? ends.map(flops => ({ flops, bitsPerByte: scaling.factor * flops ** scaling.exponent }))
    : []
  const x = {
    field: 'flops',
    type: 'quantitative',
    scale: { type: 'log', nice: false, padding: 20 },
    axis: { format: '.0e' },
    title: 'training FLOPs',
  } as const
  const y = {
    field: 'bitsPerByte',
    type: 'quantitative',
    scale: { type: 'log', nice: false, padding: 20 },
    axis: { format: '.2~f' },
    title: 'bits per byte, held out',
  } as const
  const spec: TopLevelSpec = {
    width: 520,
    height: 300,
    background: 'white',
    layer: [
      {
        data: { values: line },
        mark: { type: 'line', color: '#888', strokeDash: [4, 4] },
        encoding: { x, y },
      },
      {
        data: { values: points },
        mark: { type: 'point', filled: true, opacity: 0.9 },
        encoding: {
          x,
          y,
          color: { field: 'layers', type: 'nominal', title: 'layers', sort: null },
          size: { field: 'hidden', type: 'ordinal', title: 'hidden size', scale: { range: [30, 220] } },
        },
      },
    ],
  }
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}
