import type { ModelClient } from '../../workers/model-client.ts'

export interface CompletePromptOptions {
  temperature: number
  topP: number
  seed: number
  maxTokens: number
  signal: AbortSignal
  /** Called with the text so far, at most once per frame. */
  onText(text: string): void
}

/**
 * Completes a prompt.
 *
 * @returns what the model wrote, without the prompt, and the share of the prompt that is unknown to its vocabulary
 * @throws the signal's reason after an abort: an unfinished completion is discarded
 */
export async function completePrompt(
  client: ModelClient,
  prompt: string,
  { signal, onText, ...options }: CompletePromptOptions,
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
          // A written token may also change the end of the prompt.
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
