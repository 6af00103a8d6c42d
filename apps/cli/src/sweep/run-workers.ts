import { fork } from 'node:child_process'
import {
  feedWorkers,
  type Needs,
  openBossQueue,
  openSweep,
  queueOverPipe,
  type Sweep,
  sweepStatus,
  type TasksSummary,
  workSweep,
} from '@tinystories/sweep'
import { onAbort } from '@tinystories/utils/retry'
import { access } from '../access.ts'
import { messageOf } from '../errors/describe-error.ts'
import { printError } from '../terminal/output.ts'
import { judgeMaker } from './sweep-judge.ts'
import { SweepProgress } from './sweep-progress.ts'
import { untilStopped } from './until-stopped.ts'

interface WorkersOptions {
  workers: number
  capacity: Needs
  threads: number | undefined
  keyFile: string | undefined
  signal: AbortSignal
}

/** Works on a sweep with several processes, which get their tasks from the queue in the sweep's folder. */
export async function runWorkers(
  sweep: Sweep,
  { workers, capacity, threads, keyFile, signal }: WorkersOptions,
): Promise<TasksSummary> {
  const { folder, id: sweepId } = sweep
  // At once: workers save first.
  const unlisten = onAbort(signal, () =>
    printError('Stopping: what is done is kept. Ctrl-C again ends at once.'),
  )
  using _ = { [Symbol.dispose]: unlisten }
  const settings: FedSettings = { capacity, threads: threads ?? capacity.cores, keyFile }
  await using queue = await openBossQueue({
    ...{ sweepId, folder, signal },
    onError: error => printError(messageOf(error)),
  })
  const states = async (): Promise<string[]> => (await sweepStatus(sweep)).map(({ state }) => state)
  await feedWorkers({
    ...{ queue, workers, signal },
    spawn: () => fork(process.argv[1]!, ['sweep', 'fed-worker', folder, JSON.stringify(settings)]),
    isComplete: async () => (await states()).every(state => state !== 'ready' && state !== 'waiting'),
  })
  const all = await states()
  const count = (wanted: string): number => all.filter(state => state === wanted).length
  return { done: count('done'), failed: count('failed'), blocked: count('blocked') }
}

interface FedSettings {
  capacity: Needs
  threads: number
  keyFile: string | undefined
}

/** What such a process does. @param text the settings, from {@link runWorkers} of the same program */
export function fedWorker(folder: string, text: string): Promise<number> {
  return untilStopped(folder, async signal => {
    const { capacity, threads, keyFile } = JSON.parse(text) as FedSettings
    // Without its parent nobody would see what it does.
    const orphaned = new AbortController()
    process.once('disconnect', () => orphaned.abort(new DOMException('the parent has ended', 'AbortError')))
    const sweep = await openSweep(folder, { access: access(), threads, createJudge: judgeMaker(keyFile) })
    using progress = new SweepProgress()
    await workSweep(sweep, {
      ...{ queue: queueOverPipe(process), capacity },
      signal: AbortSignal.any([signal, orphaned.signal]),
      // Several processes share the terminal: a line for each end, and no line that renews itself.
      onEvent: event => void (event.type === 'progress' || event.type === 'waiting' || progress.show(event)),
    })
    process.disconnect()
    return 0
  })
}
