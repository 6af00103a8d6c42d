import { PageError } from '../errors/page-error.ts'

/** Milliseconds. */
const WAIT = 2000

const lockName = (id: string): string => `tinystories-run-${id}`

/**
 * Takes a run for this tab; the browser releases it when the tab closes, which may take a moment after a reload.
 *
 * @returns releases the run
 * @throws PageError `run-in-use`
 */
export async function lockRun(id: string): Promise<() => void> {
  // Pages that are not served securely have no locks.
  if (navigator.locks === undefined) return () => {}
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(
        lockName(id),
        { signal: AbortSignal.timeout(WAIT) },
        () => new Promise<void>(release => resolve(release)),
      )
      .catch(error => {
        if (error?.name === 'TimeoutError') reject(new PageError('run-in-use', { id }, { cause: error }))
        // Where a visitor blocks storage there are no locks, and no kept run that another tab could have.
        else resolve(() => {})
      })
  })
}

export async function isLocked(id: string): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {}
  return held.some(({ name }) => name === lockName(id))
}
