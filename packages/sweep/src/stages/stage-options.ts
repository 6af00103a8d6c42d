import type { Judge, Prompt } from '@tinystories/grader'
import type { SourceAccess } from '@tinystories/pipeline'
import type { Cell } from '../spec/expand-cells.ts'
import type { JudgeSpec, SweepSpec } from '../spec/sweep-spec.ts'

/** What the stages are made with. */
export interface StageOptions {
  spec: SweepSpec
  /** The prompts that every model continues. */
  prompts: readonly Prompt[]
  /** Identifies the content of a cell's stories, so that other stories make other cells. */
  fingerprintOf: (cell: Cell) => string
  access?: SourceAccess | undefined
  /** Threads of a training. Default: one for each core. */
  threads?: number | undefined
  /** Makes the judge that the sweep names; without it only the offline estimate can grade. */
  createJudge?: ((judge: JudgeSpec) => Promise<Judge>) | undefined
}

/** The stories that a cell trains on. */
export const dataOf = ({ data }: Cell, spec: SweepSpec): string => data ?? spec.data
