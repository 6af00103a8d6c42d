import { useSignal } from '@preact/signals'
import { drawCard } from './story-card.ts'

interface ShareBarProps {
  /** What is copied as text. */
  text(): string
  /** Under the text of the picture, such as who wrote it. */
  credit(): string
}

/** Copies a link to what is shown, or its text, and saves it as a picture. */
export function ShareBar({ text, credit }: ShareBarProps) {
  const said = useSignal('')
  const copy = async (what: string, content: string): Promise<void> => {
    try {
      await navigator.clipboard.writeText(content)
      said.value = `${what} copied`
    } catch {
      said.value =
        what === 'Link'
          ? 'Copy the address of this page: it has all of it.'
          : 'This browser does not allow copying.'
    }
    setTimeout(() => {
      said.value = ''
    }, 4000)
  }
  const save = async (): Promise<void> => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await drawCard(text(), credit()))
    link.download = 'tiny-story.png'
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }
  return (
    <div class="share">
      <button type="button" onClick={() => void copy('Link', location.href)}>
        Copy link
      </button>
      <button type="button" onClick={() => void copy('Text', text())}>
        Copy text
      </button>
      <button type="button" onClick={() => void save()}>
        Save as picture
      </button>
      <span class="quiet small" role="status">
        {said.value}
      </span>
    </div>
  )
}
