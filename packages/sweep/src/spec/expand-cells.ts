import { SweepError } from '../errors.ts'
import type { SweepSpec } from './sweep-spec.ts'

/** One model of a sweep. */
export interface Cell {
  /** Such as `h64-l8-a16-t6000000-s42`, unique in the sweep. */
  name: string
  hidden: number
  layers: number
  heads: number
  seed: number
  tokens: number
  /** null: that of the recipe. */
  learningRate: number | null
}

/**
 * All cells of a sweep, grid by grid in the order of their axes.
 *
 * @throws SweepError `impossible-cells` naming every one, `duplicate-cell`
 */
export function expandCells(spec: SweepSpec): Cell[] {
  const cells: Cell[] = []
  for (const grid of spec.grids)
    for (const hidden of grid.hidden)
      for (const layers of grid.layers)
        for (const heads of grid.heads ?? [defaultHeads(hidden)])
          for (const tokens of grid.tokens ?? [spec.tokens])
            for (const learningRate of grid.learningRate ?? [null])
              for (const seed of grid.seed ?? [42])
                cells.push(named({ hidden, layers, heads, tokens, learningRate, seed }))

  const impossible = cells.filter(({ hidden, heads }) => hidden % heads !== 0)
  if (impossible.length > 0) {
    const problemOf = ({ name, hidden, heads }: Cell) => ({
      cell: name,
      axis: 'heads',
      problem: `${heads} heads do not divide a hidden size of ${hidden}.`,
    })
    throw new SweepError('impossible-cells', { cells: impossible.map(problemOf) })
  }
  const names = new Set<string>()
  for (const { name } of cells) {
    if (names.has(name)) throw new SweepError('duplicate-cell', { cell: name })
    names.add(name)
  }
  return cells
}

function named(settings: Omit<Cell, 'name'>): Cell {
  const { hidden, layers, heads, tokens, learningRate, seed } = settings
  const rate = learningRate === null ? '' : `-r${learningRate}`
  return { name: `h${hidden}-l${layers}-a${heads}-t${tokens}${rate}-s${seed}`, ...settings }
}

/** The paper's 16 heads, or fewer for sizes that 16 does not divide. */
function defaultHeads(hidden: number): number {
  let heads = 16
  while (hidden % heads !== 0) heads /= 2
  return heads
}
