import { join } from 'node:path'
import {
  type Completion,
  type Grading,
  grade,
  type Judge,
  offlineVersion,
  openJournal,
  rubricVersion,
  storyRubric,
} from '@tinystories/grader'
import { SweepError } from '../errors.ts'
import type { JudgeSpec } from '../spec/sweep-spec.ts'
import type { Json, Stage } from '../tasks/stage.ts'
import type { GenerateResult } from './generate-stage.ts'
import { resultSchemas } from './result-schemas.ts'
import type { StageOptions } from './stage-options.ts'

/** The scores of one completion; criteria without a score are left out. */
export type GradedCompletion = { promptId: string; trial: number; scores: Record<string, number> }

/** What {@link gradeStage} leaves. */
export interface GradeResult {
  /** `offline` for the estimate. Results of different judges do not compare. */
  judge: string
  rubricVersion: string
  /** Criteria with a score, in the order of the rubric, with their scale. */
  criteria: { name: string; label: string; min: number; max: number }[]
  gradings: GradedCompletion[]
  /** Completions that the judge did not grade. */
  ungraded: number
}

/** Grades the sampled completions of a cell, by the judge that the sweep names or by the offline estimate. */
export function gradeStage({ spec, prompts, createJudge }: StageOptions): Stage {
  const { judge } = spec
  const settings = (): Json =>
    judge === 'offline'
      ? { judge, version: offlineVersion() }
      : { judge: judge.model, maxTokens: judge.maxTokens ?? null, version: rubricVersion(storyRubric) }
  return {
    name: 'grade',
    version: 1,
    resultSchema: resultSchemas.grade!,
    after: ['generate'],
    // An instruct model is asked by instructions.
    applies: ({ instruct }) => !instruct,
    settings,
    async run({ folder, results, signal, onProgress }) {
      const { completions } = results.generate as unknown as GenerateResult
      const texts = new Map(prompts.map(({ id, text }) => [id, text]))
      const sampled = completions
        .filter(({ mode }) => mode === 'sampled')
        .map(({ promptId, trial, text }): Completion => {
          return { promptId, trial, prompt: texts.get(promptId) ?? '', text }
        })
      // What a judge was paid for is kept, so that a later attempt asks only for the rest.
      const journal = judge === 'offline' ? undefined : await openJournal(join(folder, 'journal.jsonl'))
      try {
        const run = await grade(sampled, {
          judge: judge === 'offline' ? judge : await makeJudge(judge),
          ...(journal && { journal }),
          ...(judge !== 'offline' && judge.maxTokens !== undefined && { maxTokens: judge.maxTokens }),
          signal,
          onProgress: ({ done, total }) => onProgress(done / (total ?? sampled.length)),
        })
        const gradings = run.gradings.map(scoresOf)
        const scored = new Set(gradings.flatMap(({ scores }) => Object.keys(scores)))
        const criteria = run.rubric.criteria.flatMap(criterion => {
          if (criterion.kind !== 'score' || !scored.has(criterion.name)) return []
          const { name, label, min, max } = criterion
          return [{ name, label, min, max }]
        })
        const ungraded = run.gradings.filter(({ status }) => status === 'ungraded').length
        const { judge: judgedBy, rubricVersion: version } = run
        const result: GradeResult = { judge: judgedBy, rubricVersion: version, criteria, gradings, ungraded }
        return result as unknown as Json
      } finally {
        await journal?.close()
      }
    },
  }

  async function makeJudge(wanted: JudgeSpec): Promise<Judge> {
    if (createJudge === undefined) throw new SweepError('no-judge', { model: wanted.model })
    return createJudge(wanted)
  }
}

function scoresOf({ completion: { promptId, trial }, judgment }: Grading): GradedCompletion {
  const scores = Object.entries(judgment?.scores ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )
  return { promptId, trial, scores: Object.fromEntries(scores) }
}
