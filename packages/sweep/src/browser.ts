// What a page gets: what a sweep is and which models it consists of. Running one needs files and processes.

export { SweepError, type SweepErrorDetails } from './errors.ts'
export { type Cell, expandCells } from './spec/expand-cells.ts'
export {
  type Grid,
  type JudgeSpec,
  type Needs,
  parseSweepSpec,
  type SweepRecipe,
  type SweepSpec,
} from './spec/sweep-spec.ts'
