import { type Signal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'

/** The width of an element in pixels, so that a drawing's words keep their size on every screen. */
export function useWidth(element: RefObject<HTMLElement | null>, first = 640): Signal<number> {
  const width = useSignal(first)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) width.value = Math.round(entry.contentRect.width)
    })
    observer.observe(element.current!)
    return () => observer.disconnect()
  }, [])
  return width
}
