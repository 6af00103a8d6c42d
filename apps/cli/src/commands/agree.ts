import { compareJudges, type GradingRun, renderJudgeComparison } from '@tinystories/grader'
import { UserError } from '../errors/user-error.ts'
import { type GradesFlags, loadRuns } from '../grade/load-runs.ts'
import { printJson, printPiece } from '../terminal/output.ts'

/**
 * Compares judges and people on the completions that they share.
 *
 * @returns the exit code
 */
export async function agree(
  paths: string[],
  { json, ...flags }: GradesFlags & { json?: boolean },
): Promise<number> {
  const judges: GradingRun[] = []
  for (const path of paths) {
    const [first, ...more] = (await loadRuns(path, flags)).map(({ run }) => run)
    // The models of one file were graded by one judge.
    if (first) judges.push({ ...first, gradings: [first, ...more].flatMap(({ gradings }) => gradings) })
  }
  const comparison = compareJudges(judges)
  if (!comparison.pairs.some(({ items }) => items > 0))
    throw new UserError(
      'No completion was graded twice. Name a second file or folder, or grade with --regrades 2; grades without texts need --completions.',
    )
  if (json) printJson(comparison)
  else printPiece(renderJudgeComparison(comparison))
  return 0
}
