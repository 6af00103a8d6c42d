import type { ModelClient } from '../../workers/model-client.ts'

export interface WriteOneOptions {
  temperature: number
  topP: number
  seed: number
  maxTokens: number
  signal: AbortSignal
  /** What it has written so far, at most once in a frame. */
  onText(text: string): void
}

/**
 * Goes on from a beginning.
 *
 * @returns what the model wrote, without the beginning, and which share of the beginning it could not read
 * @throws the signal's reason after an abort: half a completion is none
 */
export async function writeOne(
  client: ModelClient,
  prompt: string,
  { signal, onText, ...options }: WriteOneOptions,
): Promise<{ text: string; unknownShare: number }> {
  let text = ''
  let given = 0
  let frame = 0
  let unknownShare = 0
  const show = (): void => {
    frame = 0
    if (!signal.aborted) onText(text.slice(given))
  }
  try {
    const result = await client.call(
      'write',
      { prompt, ...options },
      {
        signal,
        onEvent: event => {
          text = text.slice(0, event.start) + event.text
          // A written token may also change the end of what was given.
          given = event.probability === undefined ? text.length : Math.min(given, event.start)
          if (frame === 0) frame = requestAnimationFrame(show)
        },
      },
    )
    unknownShare = result.unknownShare
  } finally {
    cancelAnimationFrame(frame)
  }
  signal.throwIfAborted()
  return { text: text.slice(given), unknownShare }
}
