import { printError } from './output.ts'
import { watchReader } from './watch-reader.ts'

/** What ends a command early: Ctrl-C, a request to end, a closed terminal, or output that nobody reads. As shells count signals. */
const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGPIPE: 141 }

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

type Interruption = keyof typeof exitCodes

/** What commands return after an interruption, whatever it was; {@link interruptedCode} is what the process exits with. */
export const interrupted = 130

let first: { name: Interruption; at: number } | undefined
const controllers = new Set<AbortController>()

/**
 * An AbortSignal that Ctrl-C, SIGTERM and SIGHUP abort, so that the command can finish what it must not lose. npm, turbo
 * and the terminal may each deliver the same Ctrl-C, so only one that comes a second later means "now".
 */
export function abortOnInterrupt(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  if (first !== undefined) controller.abort(abortReason(first.name))
  if (controllers.size === 0) {
    for (const name of signals) process.on(name, interrupt)
  }
  controllers.add(controller)
  return {
    signal: controller.signal,
    release() {
      // After a first signal the handlers stay: a late second delivery must not kill the process at its end.
      if (first !== undefined) return
      controllers.delete(controller)
      if (controllers.size > 0) return
      for (const name of signals) process.off(name, interrupt)
    },
  }
}

function abortReason(name: Interruption): DOMException {
  return new DOMException(`${name} received`, 'AbortError')
}

function interrupt(name: Interruption): void {
  if (first === undefined) {
    first = { name, at: performance.now() }
    for (const controller of controllers) controller.abort(abortReason(name))
  } else if (performance.now() - first.at > 1000 && name !== 'SIGPIPE') {
    process.exit(interruptedCode())
  }
}

/**
 * Runs what an interruption may stop at any time.
 *
 * @param work gets the signal, and returns the exit code
 * @param report prints after an interruption what is kept and how to continue
 */
export async function interruptible(
  work: (signal: AbortSignal) => Promise<number>,
  report: () => void = () => printError('Interrupted.'),
): Promise<number> {
  const { signal, release } = abortOnInterrupt()
  try {
    const code = await work(signal)
    // All was done, but nobody has read what was said.
    return code === 0 && first?.name === 'SIGPIPE' ? interrupted : code
  } catch (error) {
    if (!signal.aborted || !isInterruption(error, signal)) throw error
    report()
    return interrupted
  } finally {
    release()
  }
}

/** What went wrong besides, such as a full disk, is no interruption. */
function isInterruption(error: unknown, { reason }: AbortSignal): boolean {
  if (error === reason) return true
  return error instanceof Error && (error.name === 'AbortError' || error.cause === reason)
}

/** The exit code after an interruption: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP, 141 when nobody reads the output. */
export function interruptedCode(): number {
  return exitCodes[first?.name ?? 'SIGINT']
}

/**
 * From now on the command ends when nobody reads its output any more (`| head -1`), in the way of Ctrl-C: what it must not
 * lose is written first.
 *
 * @param fail says what is wrong with an output that cannot be written for another reason
 */
export function endWithReader(fail: (error: Error) => void): void {
  const end = (): void => {
    const isOnItsWay = first !== undefined
    interrupt('SIGPIPE')
    if (!isOnItsWay && controllers.size === 0) process.exit(interruptedCode())
  }
  watchReader(1, end)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A terminal that was closed gives EIO.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') {
      fail(error)
      process.exit(1)
    }
    end()
  })
  // Progress and errors that nobody wants to see are no reason to end.
  process.stderr.on('error', () => {})
}
