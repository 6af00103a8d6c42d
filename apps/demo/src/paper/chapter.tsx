import { useSignal } from '@preact/signals'
import type { ComponentChildren, ComponentType } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Chapter as ChapterId } from '../state/address.ts'

interface ChapterProps {
  id: ChapterId
  title: string
  /** Two or three sentences. */
  children: ComponentChildren
  /** What is alive; it is made when the visitor comes near. */
  Live: ComponentType
  /** Panel of the workshop to go on in, and what it is called there. */
  further?: { panel: string; label: string }
}

/** A chapter of the paper: a few sentences, and a part that is alive. */
export function Chapter({ id, title, children, Live, further }: ChapterProps) {
  const section = useRef<HTMLElement>(null)
  const isNear = useSignal(false)
  useEffect(() => {
    const observer = new IntersectionObserver(
      entries => {
        if (!entries.some(({ isIntersecting }) => isIntersecting)) return
        isNear.value = true
        observer.disconnect()
      },
      { rootMargin: '600px 0px' },
    )
    observer.observe(section.current!)
    return () => observer.disconnect()
  }, [])
  return (
    <section class="chapter" id={`chapter-${id}`} ref={section} aria-labelledby={`title-${id}`}>
      <div class="prose">
        <h2 id={`title-${id}`}>{title}</h2>
        {children}
      </div>
      <div class="live">{isNear.value && <Live />}</div>
      {further && (
        <p class="further">
          <a href={`#${further.panel}`}>
            {further.label} <span aria-hidden="true">&rarr;</span>
          </a>
        </p>
      )}
    </section>
  )
}
