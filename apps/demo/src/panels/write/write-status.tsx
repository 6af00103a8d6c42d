import type { Story } from './story.ts'

function Opening({ story: { download } }: { story: Story }) {
  const { bytes, total } = download.value ?? { bytes: 0, total: 0 }
  if (total === 0) return <p class="status">Opening the model...</p>
  const megabytes = (count: number): string => (count / 2 ** 20).toFixed(1)
  return (
    <p class="status">
      <progress value={bytes} max={total} aria-label="Download of the model" />
      <span class="figure">
        {megabytes(bytes)} of {megabytes(total)} MB
      </span>
    </p>
  )
}

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
