export { type CheckOptions, type CheckReport, checkFolder } from './check/check-folder.ts'
export type { CheckContext, CheckedKind, Checker, CheckProblem, Repair } from './check/checker.ts'
export {
  type InspectSourceOptions,
  inspectSource,
  type SourceInspection,
} from './data/inspect-source.ts'
export { type PrepareEvent, type PrepareShardsOptions, prepareShards } from './data/prepare-shards.ts'
export { type ParquetReport, type WriteParquetOptions, writeParquet } from './data/write-parquet.ts'
export { type RecordsReport, type WriteRecordsOptions, writeRecords } from './data/write-records.ts'
export { type EvaluateOptions, type Evaluation, evaluate } from './evaluate.ts'
export { type ExportModelOptions, exportModel } from './export/export-model.ts'
export { type GenerateOptions, generate, type StoryPiece } from './generate.ts'
export {
  type GradeEvent,
  type GradeModelOptions,
  gradeModel,
  type JudgeOptions,
} from './grade/grade-model.ts'
export {
  type GradingFolder,
  gradingFolder,
  loadGradings,
  type SavedGradings,
} from './grade/grading-folder.ts'
export { reportRenderers } from './grade/write-reports.ts'
export { locateModel, type ModelAccess } from './model/locate-model.ts'
export {
  type OpenedModel,
  type OpenModelOptions,
  openModel,
} from './model/open-model.ts'
export { saveModel } from './model/save-model.ts'
export { PushError, type PushErrorDetails, type PushStep } from './push/push-error.ts'
export type { Pushed, PushProgress } from './push/push-files.ts'
export { type PreparedPush, type PushModelOptions, preparePush, pushModel } from './push/push-model.ts'
export { parseQuestion, type Question, readQuestions } from './read-questions.ts'
export * from './recipe/index.ts'
export type { Fitted } from './run/fit-steps.ts'
export type { Plan, PlanContext, PlanEvent } from './run/plan.ts'
export { planResume } from './run/plan-resume.ts'
export { planRun } from './run/plan-run.ts'
export { type PreparedRun, prepareRun, refuseUsedFolder } from './run/prepare-run.ts'
export { readEvaluation } from './run/read-evaluation.ts'
export { type RunMetrics, readMetrics } from './run/read-metrics.ts'
export { readSettings } from './run/read-settings.ts'
export { type RunFolder, runFolder } from './run/run-folder.ts'
export type { RunNeeds } from './run/run-needs.ts'
export type { RunOptions } from './run/run-options.ts'
export type { FitSettings, RunSettings } from './run/run-settings.ts'
export {
  type SearchBatchSizeOptions,
  type SearchLearningRateOptions,
  searchBatchSize,
  searchLearningRate,
} from './run/search-settings.ts'
export { type TrainOptions, train } from './run/train.ts'
export type { TrainEvent } from './run/train-event.ts'
export { scoreEndings, scoreEndingTokens } from './score-endings.ts'
export {
  chosenInstructions,
  type InstructChoice,
  shardInstructions,
} from './source/instruct-settings.ts'
export { isNamedSource } from './source/is-named-source.ts'
export { loadInstructTemplate, templateOfModel } from './source/load-instruct-template.ts'
export { openTextOrTokens } from './source/open-stories.ts'
export {
  formatOptions,
  formatSettings,
  readOptions,
  type SourceAccess,
  type StoryFormat,
  type StoryFormatSettings,
} from './source/read-options.ts'
export { findShards, type ShardFolders } from './source/shard-folders.ts'
export { shardTokenizer } from './source/shard-tokenizer.ts'
export {
  defaultHeldOut,
  openTrainingSource,
  type TrainingSource,
  type TrainingSourceOptions,
} from './source/training-source.ts'
export { unknownTexts } from './unknown-texts.ts'
export { templateFor, writeInstruction } from './write-instruction.ts'
