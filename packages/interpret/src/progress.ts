/** Options of functions that go through many texts. */
export interface ProgressOptions {
  /** Ends it between two texts, with the signal's reason as the error. */
  signal?: AbortSignal
  /** Called after each text. */
  onProgress?: (progress: { done: number; total: number }) => void
}

/** Lets timers, messages and input events have their turn. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve))
}
