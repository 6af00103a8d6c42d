import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'

interface DropAreaProps {
  onFiles(dropped: DataTransfer): unknown
  children: ComponentChildren
}

/** Takes what is dropped anywhere on it. */
export function DropArea({ onFiles, children }: DropAreaProps) {
  const over = useSignal(false)
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; inside is a button for files
    <div
      class={`drop-area${over.value ? ' over' : ''}`}
      onDragOver={event => {
        event.preventDefault()
        over.value = true
      }}
      onDragLeave={() => {
        over.value = false
      }}
      onDrop={event => {
        event.preventDefault()
        over.value = false
        onFiles(event.dataTransfer!)
      }}
    >
      {children}
    </div>
  )
}
