import { ConfigError, gptConfig, modelCost } from '@tinystories/model'
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
  /** Name of a recipe of the sweep; null: the default one. */
  recipe: string | null
  /** Stories to train on; null: those of the sweep. */
  data: string | null
  /** Whether it is trained on instructions. */
  instruct: boolean
}

/**
 * All cells of a sweep, grid by grid in the order of their axes.
 *
 * @param memory bytes that a training may take; default: any fits
 * @throws SweepError `impossible-cells` naming every one, `duplicate-cell`
 */
export function expandCells(spec: SweepSpec, memory: number = Number.POSITIVE_INFINITY): Cell[] {
  const cells: Cell[] = []
  for (const grid of spec.grids)
    for (const data of grid.data ?? [null])
      for (const recipe of grid.recipe ?? [null])
        for (const hidden of grid.hidden)
          for (const layers of grid.layers)
            for (const heads of grid.heads ?? [defaultHeads(hidden)])
              for (const tokens of grid.tokens ?? [spec.tokens])
                for (const learningRate of grid.learningRate ?? [null])
                  for (const instruct of grid.instruct ?? [false])
                    for (const seed of grid.seed ?? [42])
                      cells.push(
                        named(
                          { hidden, layers, heads, tokens, learningRate, recipe, data, instruct, seed },
                          spec,
                        ),
                      )

  const impossible = cells.flatMap(cell => {
    const problem = problemOf(cell, spec, memory)
    return problem === undefined ? [] : [{ cell: cell.name, ...problem }]
  })
  if (impossible.length > 0) throw new SweepError('impossible-cells', { cells: impossible })
  const names = new Set<string>()
  for (const { name } of cells) {
    if (names.has(name)) throw new SweepError('duplicate-cell', { cell: name })
    names.add(name)
  }
  return cells
}

/** Bytes of a training of a cell: weights, gradients, moments, and activations of a batch, roughly. */
export function trainingBytes({ hidden, layers, heads }: Cell, spec: SweepSpec): number {
  const { context, batchSize, vocabSize = 10_000 } = spec
  const config = gptConfig('sample', {
    ...{ hiddenSize: hidden, layers, heads, contextLength: context, vocabSize },
  })
  const perToken = layers * (16 * hidden + heads * context) + 2 * vocabSize
  return modelCost(config).memory.trainingState + 4 * batchSize * context * perToken
}

function problemOf(
  cell: Cell,
  spec: SweepSpec,
  memory: number,
): { axis: string; problem: string } | undefined {
  const { hidden, heads, tokens, recipe } = cell
  if (hidden % heads !== 0)
    return { axis: 'heads', problem: `${heads} heads do not divide a hidden size of ${hidden}.` }
  if (recipe !== null && !Object.hasOwn(spec.recipes ?? {}, recipe))
    return { axis: 'recipe', problem: `The sweep has no recipe ${recipe}.` }
  const step = spec.context * spec.batchSize
  if (tokens < step)
    return { axis: 'tokens', problem: `${tokens} tokens are less than the ${step} of one step.` }
  try {
    const bytes = trainingBytes(cell, spec)
    if (bytes <= memory) return undefined
    const gigabytes = (count: number): string => (count / 1e9).toFixed(1)
    const problem = `its training takes about ${gigabytes(bytes)} GB, and there are ${gigabytes(memory)}.`
    return { axis: 'hidden', problem }
  } catch (error) {
    if (!ConfigError.isInstance(error)) throw error
    return { axis: 'hidden', problem: error.problem }
  }
}

function named(settings: Omit<Cell, 'name'>, spec: SweepSpec): Cell {
  const { hidden, layers, heads, tokens, learningRate, recipe, data, instruct, seed } = settings
  const parts = [
    ...[`h${hidden}`, `l${layers}`, `a${heads}`, `t${tokens}`],
    ...(learningRate === null ? [] : [`r${learningRate}`]),
    ...(recipe === null ? [] : [recipe]),
    ...(data === null ? [] : [`d${dataNumber(data, spec)}`]),
    ...(instruct ? ['instruct'] : []),
    `s${seed}`,
  ]
  return { name: parts.join('-'), ...settings }
}

/** The place of a source among those of all grids, from 1. */
function dataNumber(data: string, { grids }: SweepSpec): number {
  return 1 + [...new Set(grids.flatMap(grid => grid.data ?? []))].indexOf(data)
}

/** The paper's 16 heads, or fewer for sizes that 16 does not divide. */
function defaultHeads(hidden: number): number {
  let heads = 16
  while (hidden % heads !== 0) heads /= 2
  return heads
}
