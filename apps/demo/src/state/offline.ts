import { type Signal, signal } from '@preact/signals'

/** Milliseconds after which the page is kept: its first story comes first. */
const WAIT = 8000

/** Whether a reload would isolate the page, which gives it threads. */
export const canIsolate: Signal<boolean> = signal(false)

/** Keeps the page in this browser, so that it opens without a network. Where that is not allowed, nothing happens. */
export function keepForOffline(): void {
  const { serviceWorker, connection } = navigator as Navigator & { connection?: { saveData?: boolean } }
  if (import.meta.env.MODE === 'development' || serviceWorker === undefined || connection?.saveData) return
  const keep = async (): Promise<void> => {
    await serviceWorker.register(new URL('sw.js', document.baseURI))
    await serviceWorker.ready
    canIsolate.value = !globalThis.crossOriginIsolated
  }
  setTimeout(() => void keep().catch(() => {}), WAIT)
}
