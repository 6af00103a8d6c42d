// What a page gets: everything but the journal on disk.

export type { Completion, Instruction } from './completions/completion.ts'
export {
  type CompletionSource,
  type GenerateRequest,
  generateCompletions,
} from './completions/generate-completions.ts'
export { completionLine, parseCompletions } from './completions/parse-completions.ts'
export { parsePrompts } from './completions/parse-prompts.ts'
export type { Prompt } from './completions/prompt.ts'
export { storyPrompts } from './content/story-prompts.ts'
export { GraderError, type GraderErrorDetails } from './errors.ts'
export { combineJudges } from './grades/combine-judges.ts'
export {
  type CompareJudgesOptions,
  compareJudges,
  type Disagreement,
  type JointAgreement,
  type JudgeComparison,
  type PairAgreement,
} from './grades/compare-judges.ts'
export {
  type ParsedGrades,
  type ParseGradesOptions,
  parseGrades,
  type SkippedGrade,
} from './grades/parse-grades.ts'
export { renderJudgeComparison } from './grades/render-judge-comparison.ts'
export type { Judge, JudgeMessage, JudgeReply, JudgeRequest } from './judge.ts'
export { type GradeOptions, type GradingProgress, grade } from './judging/grade.ts'
export type { Grading, GradingFlag, GradingRun, Judgment } from './judging/grading.ts'
export { createMemoryJournal, type Journal } from './judging/journal.ts'
export type {
  AnswerSummary,
  MeasuresSummary,
  ShareSummary,
} from './measures/measure-completions.ts'
export { type EstimateValidity, offlineValidity, offlineVersion } from './offline/estimate-offline.ts'
export type { OfflineValidity } from './offline/offline-coefficients.ts'
export { type ParseScoresOptions, parseScores } from './parse/parse-scores.ts'
export type { ParsedScores } from './parse/parsed-scores.ts'
export type { ScoreProblem, ScoreProblemReason } from './parse/score-problem.ts'
export { type BuildReportOptions, buildReport } from './report/build-report.ts'
export { estimateHead, estimateNote, estimateRows } from './report/estimate-rows.ts'
export { parseGradings, renderGradings, renderGradingsPieces } from './report/gradings-file.ts'
export { parseReport } from './report/parse-report.ts'
export { renderCsv, renderCsvPieces } from './report/render-csv.ts'
export { renderHtml, renderHtmlPieces } from './report/render-html.ts'
export { renderJson, renderJsonPieces } from './report/render-json.ts'
export { renderMarkdown } from './report/render-markdown.ts'
export type {
  ChoiceSummary,
  CriterionComparison,
  CriterionSummary,
  ModelComparison,
  ModelSummary,
  Report,
  SelfAgreement,
} from './report/report.ts'
export { instructionRubric } from './rubric/instruction-rubric.ts'
export { parseRubric, rubrics } from './rubric/parse-rubric.ts'
export type { Choice, ChoiceCriterion, Criterion, Rubric, ScoreCriterion } from './rubric/rubric.ts'
export { rubricVersion } from './rubric/rubric-version.ts'
export { storyRubric, storyRubricStructured } from './rubric/story-rubric.ts'
export type { Measured } from './statistics/bootstrap-statistic.ts'
export type { MeanEstimate } from './statistics/clustered-mean.ts'
export type { PairedComparison } from './statistics/paired-comparison.ts'
