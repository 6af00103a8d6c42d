import { amountOf } from '../models/amount-of.ts'
import type { Story } from '../panels/write/story.ts'

/** How far a model is that is being opened. */
export function Opening({ story: { download } }: { story: Story }) {
  const progress = download.value
  if (!progress?.total) return <p class="status">Opening the model...</p>
  return (
    <p class="status">
      <progress value={progress.bytes} max={progress.total} aria-label="Download of the model" />
      <span class="figure">{amountOf(progress)}</span>
    </p>
  )
}
