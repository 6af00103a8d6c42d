// What a page gets: all but the journal on disk.

export type { Beginning } from './completions/beginning.ts'
export type { Completion, Instruction } from './completions/completion.ts'
export { cutAtRepeat } from './completions/cut-at-repeat.ts'
export {
  type CompletionSource,
  type GenerateRequest,
  generateCompletions,
} from './completions/generate-completions.ts'
export { readBeginnings } from './completions/read-beginnings.ts'
export { completionLine, readCompletions } from './completions/read-completions.ts'
export { answerPrompts } from './content/answer-prompts.ts'
export { beginnings } from './content/beginnings.ts'
export { GraderInputError, type GraderInputProblem, JudgeFailedError } from './errors.ts'
export type { Judge, JudgeMessage, JudgeReply, JudgeRequest } from './judge.ts'
export { addressesJudge } from './judging/addresses-judge.ts'
export { type GradeOptions, type GradingProgress, type GradingRun, grade } from './judging/grade.ts'
export type { Grading, GradingFlag, Judgement } from './judging/grading.ts'
export { type Journal, memoryJournal } from './judging/journal.ts'
export { type JudgeCompletionOptions, judgeCompletion } from './judging/judge-completion.ts'
export {
  type Answer,
  type AnswerPrompt,
  checkAnswer,
  type PromptKind,
  readAnswerPrompts,
} from './measures/answer-prompts.ts'
export { checkInstruction, type InstructionCheck } from './measures/check-instruction.ts'
export { type CorpusOverlap, type CorpusOverlapOptions, corpusOverlap } from './measures/corpus-overlap.ts'
export {
  type AnswerSummary,
  type MeasuresSummary,
  measureCompletions,
  type ShareSummary,
} from './measures/measure-completions.ts'
export { kGrams, nearestAmong, rougeF, rougePrecision } from './measures/rouge.ts'
export type { MarkProblem, MarkProblemReason } from './parse/mark-problem.ts'
export { type ParsedMarks, parseMarks } from './parse/parse-marks.ts'
export { type BuildReportOptions, buildReport } from './report/build-report.ts'
export { renderCsv } from './report/render-csv.ts'
export { renderHtml } from './report/render-html.ts'
export { readReport, renderJson } from './report/render-json.ts'
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
export { gradingsJson, readGradings } from './report/saved-gradings.ts'
export { type SummariseOptions, summariseModel } from './report/summarise-model.ts'
export { instructionRubric } from './rubric/instruction-rubric.ts'
export { parseRubric, readRubric, rubrics } from './rubric/read-rubric.ts'
export type { Choice, ChoiceCriterion, Criterion, MarkCriterion, Rubric } from './rubric/rubric.ts'
export { rubricVersion } from './rubric/rubric-version.ts'
export { storyRubric, storyRubricStructured } from './rubric/story-rubric.ts'
export { type Agreement, agreement } from './statistics/agreement.ts'
export { bootstrapInterval } from './statistics/bootstrap-interval.ts'
export { type ClusteredValue, clusteredMean, type MeanEstimate } from './statistics/clustered-mean.ts'
export { holm } from './statistics/holm.ts'
export { krippendorffAlpha } from './statistics/krippendorff-alpha.ts'
export { normaliseScores } from './statistics/normalise-scores.ts'
export { type PairedComparison, pairedComparison } from './statistics/paired-comparison.ts'
export { selfAgreement } from './statistics/self-agreement.ts'
export { spearman } from './statistics/spearman.ts'
export { weightedKappa } from './statistics/weighted-kappa.ts'
