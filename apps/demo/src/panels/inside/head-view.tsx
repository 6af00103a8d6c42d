import './head-view.css'
import { useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isMoved } from '../../parts/is-moved.ts'
import type { HeadReport, InsideReport } from '../../workers/inside.ts'
import type { Story } from '../write/story.ts'
import { QueryKey } from './query-key.tsx'

interface HeadViewProps {
  report: InsideReport
  head: HeadReport
  /** Has the model; without it queries and keys are not shown. */
  story?: Story
}

/** A head on the text: choose a word and see how much it attends to those before it. */
export function HeadView({ report, head, story }: HeadViewProps) {
  const { pieces } = report
  const at = useSignal(Math.min(pieces.length - 1, 20))
  const query = Math.min(at.value, pieces.length - 1)
  const row = head.pattern.subarray(query * pieces.length, (query + 1) * pieces.length)
  const strongest = Math.max(1, ...row)
  const top = [...row.keys()]
    .filter(key => key <= query)
    .toSorted((a, b) => row[b]! - row[a]!)
    .slice(0, 3)

  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    at.value = Math.max(0, Math.min(pieces.length - 1, query + step))
    const box = (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-key="${at.value}"]`)
    box?.focus()
  }

  return (
    <div class="head-view">
      <Pattern pattern={head.pattern} size={pieces.length} row={query} onRow={next => (at.value = next)} />
      <div>
        {/* biome-ignore lint/a11y/useSemanticElements: a group of the words of a text is no form */}
        <p
          class="head-text"
          dir="auto"
          role="group"
          aria-label="The text; arrow keys move from word to word"
          onKeyDown={onKey}
        >
          {pieces.map((piece, key) => (
            // biome-ignore lint/a11y/useSemanticElements: a button would not break across lines as text does
            <span
              key={key}
              role="button"
              data-key={key}
              tabIndex={key === query ? 0 : -1}
              aria-pressed={key === query}
              class={`attended${key === query ? ' query' : ''}`}
              style={{ '--weight': key > query ? 0 : (row[key]! / strongest).toFixed(3) }}
              onPointerMove={event => {
                if (isMoved(event)) at.value = key
              }}
              onClick={() => {
                at.value = key
              }}
              onKeyDown={event => {
                if (event.key === 'Enter') at.value = key
              }}
            >
              {piece}
            </span>
          ))}
        </p>
        <p class="quiet small" aria-live="polite">
          Layer {head.layer + 1}, head {head.head + 1}: <strong>{pieces[query]!.trim() || '\u21b5'}</strong>{' '}
          attends{' '}
          {top.map((key, i) => (
            <span key={key}>
              {i > 0 && ', '}
              {Math.round((row[key]! / 255) * 100)} % to <strong>{pieces[key]!.trim() || '\u21b5'}</strong>
            </span>
          ))}
        </p>
        {story && <QueryKey story={story} report={report} head={head} query={query} />}
      </div>
    </div>
  )
}

HeadView.Thumbnail = function Thumbnail({ pattern, size }: { pattern: Uint8Array; size: number }) {
  const canvas = usePattern(pattern, size)
  return <canvas ref={canvas} class="pattern" />
}

interface PatternProps {
  pattern: Uint8Array
  size: number
  row: number
  onRow(row: number): void
}

/** The whole pattern: a row for each token, a column for each it may look at. */
function Pattern({ pattern, size, row, onRow }: PatternProps) {
  const canvas = usePattern(pattern, size)
  return (
    <div
      class="pattern-box"
      style={{ '--row': (row + 0.5) / size }}
      onPointerMove={event => {
        if (!isMoved(event)) return
        const { top, height } = event.currentTarget.getBoundingClientRect()
        onRow(Math.max(0, Math.min(size - 1, Math.floor(((event.clientY - top) / height) * size))))
      }}
    >
      <canvas ref={canvas} class="pattern" />
    </div>
  )
}

/** A canvas that shows a pattern in the colors that the system is set to, also when that changes. */
function usePattern(pattern: Uint8Array, size: number): RefObject<HTMLCanvasElement | null> {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const darkScheme = matchMedia('(prefers-color-scheme: dark)')
    const redraw = (): void => draw(canvas.current!, pattern, size, darkScheme.matches)
    redraw()
    darkScheme.addEventListener('change', redraw)
    return () => darkScheme.removeEventListener('change', redraw)
  }, [pattern, size])
  return canvas
}

/** Weights as the accent's opacity; the square root shows small ones, too. */
function draw(canvas: HTMLCanvasElement, pattern: Uint8Array, size: number, dark: boolean): void {
  canvas.width = size
  canvas.height = size
  const context = canvas.getContext('2d')!
  const image = context.createImageData(size, size)
  const [red, green, blue] = dark ? [111, 208, 187] : [15, 102, 87]
  for (let i = 0; i < pattern.length; i++) {
    image.data.set([red, green, blue, Math.round(Math.sqrt(pattern[i]! / 255) * 255)], i * 4)
  }
  context.putImageData(image, 0, 0)
}
