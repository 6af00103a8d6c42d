import type { SweepReport } from '../build-report.ts'
import { mainRows } from '../collect-rows.ts'
import { type Chart, logarithmic } from './draw.ts'

/** Tokens that a parameter is worth (Hoffmann et al. 2022). */
const tokensPerParameter = 20

/** Training FLOPs of a model whose size suits a number of tokens: C = 6 N D with N = D / 20. */
export const chinchillaFlops = (tokens: number): number => (6 * tokens ** 2) / tokensPerParameter

/**
 * Bits per byte against training FLOPs, both logarithmic, with the fitted power law and, on it, the model whose size
 * suits the tokens.
 *
 * @returns undefined where no cell is trained
 */
export function scalingChart({ rows, scaling }: Pick<SweepReport, 'rows' | 'scaling'>): Chart | undefined {
  const points = rows.flatMap(({ cell, training }) =>
    // Other texts: an instruct model's are stories after their instructions.
    training === undefined || cell.instruct
      ? []
      : [
          {
            ...{ flops: training.flops, bitsPerByte: training.bitsPerByte },
            ...{ layers: `${cell.layers}`, hidden: cell.hidden },
          },
        ],
  )
  if (points.length === 0) return undefined
  const tokens = Math.max(...mainRows(rows).map(({ cell }) => cell.tokens))
  const suiting = scaling
    ? [
        {
          flops: chinchillaFlops(tokens),
          label: `20 tokens a parameter: ${short(tokens / tokensPerParameter)}`,
        },
      ]
    : []
  const reach = [...points, ...suiting].map(({ flops }) => flops)
  const law = (flops: number): number => scaling!.factor * flops ** scaling!.exponent
  const line = scaling
    ? [Math.min(...reach), Math.max(...reach)].map(flops => ({ flops, bitsPerByte: law(flops) }))
    : []
  const x = {
    field: 'flops',
    type: 'quantitative',
    scale: logarithmic,
    title: 'training FLOPs',
    axis: { format: '.2~e' },
  } as const
  const y = {
    field: 'bitsPerByte',
    type: 'quantitative',
    scale: logarithmic,
    title: 'bits per byte, held out',
    axis: { format: '.2f' },
  } as const
  return {
    width: 380,
    height: 280,
    title: 'Loss against compute',
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
          size: {
            ...{ field: 'hidden', type: 'ordinal', title: 'hidden size' },
            scale: { range: [30, 220] },
          },
        },
      },
      ...suiting.map(({ flops, label }): Extract<Chart, { layer: unknown }>['layer'][number] => {
        return {
          data: { values: [{ flops, bitsPerByte: law(flops), label }] },
          layer: [
            {
              mark: { type: 'point', shape: 'cross', color: '#a3261d', size: 90, strokeWidth: 2 },
              encoding: { x, y },
            },
            {
              mark: { type: 'text', align: 'left', dx: 8, dy: -8, color: '#a3261d' },
              encoding: { x, y, text: { field: 'label' } },
            },
          ],
        }
      }),
    ],
  }
}

const short = (count: number): string =>
  new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 }).format(count)
