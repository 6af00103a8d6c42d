import { allowSweep, onStopRequest } from '@tinystories/sweep'
import { interruptible } from '../terminal/interrupts.ts'
import { print } from '../terminal/output.ts'

/**
 * Runs what Ctrl-C and `sweep stop` may end.
 *
 * @param work gets the signal, and what takes back an earlier `sweep stop`
 * @returns its exit code, 0 after `sweep stop`
 */
export function untilStopped(
  folder: string,
  work: (signal: AbortSignal, allow: () => Promise<void>) => Promise<number>,
): Promise<number> {
  return interruptible(
    async interruption => {
      const controller = new AbortController()
      const reason = new DOMException('sweep stop', 'AbortError')
      let unwatch = (): void => {}
      const watch = (): void => {
        unwatch()
        unwatch = onStopRequest(folder, () => controller.abort(reason))
      }
      const allow = async (): Promise<void> => {
        await allowSweep(folder)
        watch()
      }
      try {
        watch()
        return await work(AbortSignal.any([interruption, controller.signal]), allow)
      } catch (error) {
        if (!controller.signal.aborted || interruption.aborted) throw error
        print('Stopped. What is done is kept; sweep run continues.')
        return 0
      } finally {
        unwatch()
      }
    },
    () => print('Interrupted. What is done is kept; the same command continues.'),
  )
}
