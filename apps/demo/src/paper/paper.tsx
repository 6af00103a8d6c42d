import './paper.css'
import { useSignal, useSignalEffect } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { nextTask } from '../parts/next-task.ts'
import { arrival, type Chapter as ChapterId, panel, record } from '../state/address.ts'
import { DataChapter } from './data-chapter.tsx'
import { DepthChapter } from './depth-chapter.tsx'
import { GradingChapter } from './grading-chapter.tsx'
import { Hero } from './hero.tsx'
import { InsideChapter } from './inside-chapter.tsx'
import { InstructionsChapter } from './instructions-chapter.tsx'
import { LearningChapter } from './learning-chapter.tsx'
import { SizeChapter } from './size-chapter.tsx'

const contents: readonly { id: ChapterId; label: string }[] = [
  { id: 'data', label: 'A small world' },
  { id: 'learning', label: 'How it learns' },
  { id: 'size', label: 'Emergence with size' },
  { id: 'depth', label: 'Deep or wide' },
  { id: 'instructions', label: 'Following instructions' },
  { id: 'inside', label: 'Looking inside' },
  { id: 'grading', label: 'Grading stories' },
]

const elementOf = (id: ChapterId): HTMLElement | null => document.getElementById(`chapter-${id}`)

/** The paper as a story to scroll, with live models. */
export function Paper() {
  const current = useSignal<ChapterId | undefined>(undefined)
  // The page starts with what is seen first; the chapters below it are drawn in a task of their own.
  const hasChapters = useSignal(false)
  useEffect(() => {
    void nextTask().then(() => {
      hasChapters.value = true
    })
  }, [])

  // A link to a chapter leads to it, one to the paper to its beginning.
  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel !== 'paper' || !hasChapters.value) return
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    const behavior = isStill || current.peek() === undefined ? 'auto' : 'smooth'
    requestAnimationFrame(() => {
      if (values.chapter) elementOf(values.chapter as ChapterId)?.scrollIntoView({ behavior })
      else scrollTo({ top: 0 })
    })
  })
  useEffect(() => {
    let frame = 0
    const look = (): void => {
      frame = 0
      if (panel.peek() !== 'paper') return
      const found = contents.findLast(
        ({ id }) => (elementOf(id)?.getBoundingClientRect().top ?? 1e9) < innerHeight * 0.4,
      )
      if (found?.id === current.peek()) return
      current.value = found?.id
      record('paper', found ? { chapter: found.id } : {})
    }
    const onScroll = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look)
    }
    addEventListener('scroll', onScroll, { passive: true })
    return () => removeEventListener('scroll', onScroll)
  }, [])

  return (
    <div class="paper">
      <Hero />
      <div class="paper-body">
        <nav class="contents" aria-label="Chapters">
          <ol>
            {contents.map(({ id, label }) => (
              <li key={id}>
                <a href={`#paper-${id}`} aria-current={current.value === id ? 'true' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ol>
        </nav>
        <div class="chapters">
          {hasChapters.value && (
            <>
              <DataChapter />
              <LearningChapter />
              <SizeChapter />
              <DepthChapter />
              <InstructionsChapter />
              <InsideChapter />
              <GradingChapter />
            </>
          )}
        </div>
      </div>
    </div>
  )
}
