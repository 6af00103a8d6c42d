export { sweepChecker } from './check-sweep.ts'
export { SweepError, type SweepErrorDetails } from './errors.ts'
export { createSweep, openSweep, type Sweep, type SweepOptions } from './open-sweep.ts'
export { paperSweep, type ReproduceSize, reproduceSizes } from './paper-sweep.ts'
export { openBossQueue } from './queue/boss-queue.ts'
export { feedWorkers } from './queue/feed-workers.ts'
export type { Job, JobQueue, JobRequest } from './queue/job-queue.ts'
export { queueOverPipe, serveQueue } from './queue/pipe-queue.ts'
export { checkFits, workSweep } from './queue/work-sweep.ts'
export { buildSweepReport, type SweepReport } from './report/build-report.ts'
export type { ReportRow } from './report/collect-rows.ts'
export type { Finding, Verdict } from './report/finding.ts'
export { decideFindings } from './report/findings.ts'
export type { PowerLaw } from './report/fit-power-law.ts'
export { writeSweepReport } from './report/write-report.ts'
export { type RunSweepOptions, retryFailures, runSweep, sweepStatus, type TaskStatus } from './run-sweep.ts'
export { checkSoftware, type SavedSweep, writeSavedSweep } from './saved-sweep.ts'
export { type Cell, expandCells } from './spec/expand-cells.ts'
export {
  type Grid,
  type JudgeSpec,
  type Needs,
  parseSweepSpec,
  type SweepRecipe,
  type SweepSpec,
} from './spec/sweep-spec.ts'
export type { GeneratedCompletion, GenerateResult } from './stages/generate-stage.ts'
export type { TrainResult } from './stages/train-stage.ts'
export { allowSweep, onStopRequest, stopSweep } from './stop-sweep.ts'
export { needsOf } from './tasks/needs-of.ts'
export { planTasks, type Task } from './tasks/plan-tasks.ts'
export type { TasksSummary } from './tasks/run-tasks.ts'
export type { Json, Stage, StageContext } from './tasks/stage.ts'
export { type TaskEvent, workerName } from './tasks/task-runner.ts'
export { type TaskProgress, type TaskState, TaskStore } from './tasks/task-store.ts'
