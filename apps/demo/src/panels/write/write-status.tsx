import { Opening } from '../../parts/opening.tsx'
import type { Story } from './story.ts'

/** How fast it goes and what computes. */
export function WriteStatus({ story }: { story: Story }) {
  const { busy, result, tokensPerSecond, tokens } = story
  if (busy.value === 'opening') return <Opening story={story} />
  if (busy.value === 'writing') {
    const rate = tokensPerSecond.value
    return (
      <p class="status">
        {rate > 0 ? (
          <>
            <strong class="figure">{Math.round(rate)}</strong> tokens/s
          </>
        ) : tokens.value.length === 0 ? (
          'Starting the engine...'
        ) : (
          'Writing...'
        )}
      </p>
    )
  }
  const done = result.value
  if (!done) return null
  return (
    <p class="status" data-count={story.count.value}>
      <strong class="figure">{Math.round(done.tokensPerSecond)}</strong> tokens/s
      <span class="engine">{done.engine.description}</span>
    </p>
  )
}
