/**
 * An AbortSignal that Ctrl-C and SIGTERM abort, so that the command can finish what it must not lose. npm, turbo
 * and the terminal may each deliver the same Ctrl-C, so only one that comes a second later means "now".
 */
export function abortOnInterrupt(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  let first = 0
  const onSignal = (name: NodeJS.Signals): void => {
    if (first === 0) {
      first = performance.now()
      controller.abort(new DOMException(`${name} received`, 'AbortError'))
    } else if (performance.now() - first > 1000) {
      process.exit(130)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release() {
      // After a first signal the handlers stay: a late second delivery must not kill the process at its end.
      if (first > 0) return
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}
