import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { amountOf } from '../models/amount-of.ts'
import type { Story, StoryToken } from '../panels/write/story.ts'
import { isMoved } from './is-moved.ts'

interface StoryViewProps {
  story: Story
  /** Continues from another token; without it the alternatives cannot be chosen. */
  onBranch?: (position: number, id: number) => void
  /** Shown before the first story. */
  placeholder: string
  /** Whether the words are tinted by how unlikely they were. */
  tinted?: boolean
}

/** A story; every token shows its probability and its alternatives. */
export function StoryView({ story, onBranch, placeholder, tinted = true }: StoryViewProps) {
  const open = useSignal<number | undefined>(undefined)
  const pinned = useSignal(false)
  const focused = useSignal(0)
  const box = useRef<HTMLDivElement>(null)
  const tokens = story.tokens.value
  const writing = story.busy.value === 'writing'

  useEffect(() => {
    if (writing) {
      open.value = undefined
      pinned.value = false
    }
  }, [writing])

  const close = (): void => {
    open.value = undefined
    pinned.value = false
  }
  const visible = tokens.flatMap((token, i) => (token.text.trim() === '' ? [] : [i]))
  const onKey = (event: KeyboardEvent): void => {
    const at = visible.indexOf(focused.value)
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 }[event.key]
    if (step !== undefined && !(event.target as HTMLElement).closest('.alternatives')) {
      event.preventDefault()
      const to = visible[Math.max(0, Math.min(visible.length - 1, (at < 0 ? 0 : at) + step))]
      if (to === undefined) return
      focused.value = to
      open.value = to
      box.current?.querySelector<HTMLElement>(`[data-position="${to}"]`)?.focus()
    } else if (event.key === 'Escape') {
      close()
      box.current?.querySelector<HTMLElement>(`[data-position="${focused.value}"]`)?.focus()
    }
  }
  const first = visible[0]
  const stop = visible.includes(focused.value) ? focused.value : first

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the words inside are the controls
    <div
      class="story"
      ref={box}
      onKeyDown={onKey}
      onPointerLeave={() => {
        if (!pinned.value) close()
      }}
    >
      {tokens.length === 0 ? (
        <p class="story-empty">
          {story.download.value?.total ? `Loading the model: ${amountOf(story.download.value)}` : placeholder}
        </p>
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: a group of the words of a text is no form
        <p
          class={`story-text${tinted ? ' tinted' : ''}`}
          dir="auto"
          role="group"
          aria-label="The story, word by word"
        >
          {tokens.map((token, i) => (
            <Token
              key={i}
              token={token}
              position={i}
              tabIndex={i === stop ? 0 : -1}
              open={open.value === i}
              onHover={() => {
                if (!pinned.value) open.value = i
              }}
              onPick={() => {
                const same = open.value === i && pinned.value
                focused.value = i
                pinned.value = !same
                open.value = same ? undefined : i
              }}
            />
          ))}
          {writing && <span class="caret" aria-hidden="true" />}
        </p>
      )}
      {open.value !== undefined && tokens[open.value] && (
        <Alternatives
          story={story}
          position={open.value}
          box={box.current}
          onBranch={onBranch}
          onDone={close}
        />
      )}
      <p class="visually-hidden" aria-live="polite">
        {!writing && tokens.length > 0 ? tokens.map(token => token.text).join('') : ''}
      </p>
    </div>
  )
}

interface TokenProps {
  token: StoryToken
  position: number
  tabIndex: number
  open: boolean
  onHover(): void
  onPick(): void
}

function Token({ token, position, tabIndex, open, onHover, onPick }: TokenProps) {
  const { probability, text } = token
  const word = text.trimStart()
  // Spaces are not tinted: they would make bars at the ends of lines.
  if (word === '') return <>{text}</>
  const blank = text.slice(0, text.length - word.length)
  // Surprisal in bits, up to 6: a probability of 1 in 64.
  const surprise = probability === undefined ? 0 : Math.min(1, -Math.log2(probability) / 6)
  return (
    <>
      {blank}
      {/* biome-ignore lint/a11y/useSemanticElements: a button would not break across lines as text does */}
      <span
        role="button"
        class={`token${probability === undefined ? ' given' : ''}${open ? ' open' : ''}`}
        data-position={position}
        tabIndex={tabIndex}
        aria-expanded={open}
        style={{ '--surprise': surprise.toFixed(2) }}
        onPointerMove={event => {
          if (isMoved(event)) onHover()
        }}
        onClick={onPick}
        onKeyDown={event => {
          if (event.key === 'Enter' || event.key === ' ') {
            event.preventDefault()
            onPick()
          }
        }}
      >
        {word}
      </span>
    </>
  )
}

interface AlternativesProps {
  story: Story
  position: number
  box: HTMLElement | null
  onBranch: ((position: number, id: number) => void) | undefined
  onDone(): void
}

function Alternatives({ story, position, box, onBranch, onDone }: AlternativesProps) {
  const card = useRef<HTMLDivElement>(null)
  const token = story.tokens.value[position]!
  const explanation = story.explanations.value[position]
  useEffect(() => {
    // Below the word, inside the box.
    const word = box?.querySelector<HTMLElement>(`[data-position="${position}"]`)
    if (!word || !box || !card.current) return
    const [line] = word.getClientRects()
    const outer = box.getBoundingClientRect()
    if (!line) return
    const left = Math.max(0, Math.min(line.left - outer.left - 12, outer.width - card.current.offsetWidth))
    card.current.style.left = `${left}px`
    card.current.style.top = `${line.bottom - outer.top + 6}px`
  })
  const probability = token.probability ?? explanation?.probability
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div class="alternatives" ref={card} role="group" aria-label={`Instead of ${token.text.trim()}`}>
      <p class="alternatives-head">
        <strong>{shown(token.text)}</strong>
        {probability !== undefined && <span>{percent(probability)}</span>}
        {token.probability === undefined && <em>given</em>}
      </p>
      {explanation ? (
        <ul>
          {explanation.alternatives.map(alternative => (
            <li key={alternative.id}>
              <button
                type="button"
                disabled={!onBranch || story.busy.value !== undefined}
                onClick={() => {
                  onDone()
                  onBranch?.(position, alternative.id)
                }}
                style={{ '--share': `${alternative.probability * 100}%` }}
              >
                <span class="visually-hidden">Continue with </span>
                <span>{shown(alternative.text)}</span>
                <span class="figure">{percent(alternative.probability)}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <p class="quiet">
          {story.busy.value === 'writing'
            ? 'Alternatives appear when the story is finished.'
            : 'The first token has no prediction.'}
        </p>
      )}
    </div>
  )
}

function shown(text: string): string {
  return text.trim() || (text.includes('\n') ? '↵ new line' : '␣')
}

export function percent(probability: number): string {
  const value = probability * 100
  if (value >= 10) return `${value.toFixed(0)} %`
  return value >= 0.1 ? `${value.toFixed(1)} %` : '< 0.1 %'
}
