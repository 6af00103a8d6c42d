import { panel, visit } from '../state/address.ts'
import { EngineNote } from './engine-note.tsx'

/** A panel of the workshop. */
export interface Tab {
  id: string
  label: string
  /** What it does, in a few words. */
  hint: string
}

export const tabs: readonly Tab[] = [
  { id: 'write', label: 'Write', hint: 'Write a story with a model' },
  { id: 'train', label: 'Train', hint: 'Watch a model learn' },
  { id: 'inside', label: 'Look inside', hint: 'Heads and neurons' },
  { id: 'grade', label: 'Grade', hint: 'Scores from a judge' },
  { id: 'compare', label: 'Compare sizes', hint: 'One prompt, several models' },
]

/** The name of the page, the way between paper and workshop, and the panels of the workshop. */
export function Masthead() {
  const isPaper = panel.value === 'paper'
  return (
    <header class={`masthead${isPaper ? ' of-paper' : ''}`}>
      <div class="masthead-line">
        <p class="brand">
          <a href="#paper" aria-current={isPaper ? 'page' : undefined}>
            Tiny Stories
          </a>
        </p>
        <nav class="places" aria-label="Paper and workshop">
          <a href="#paper" aria-current={isPaper ? 'page' : undefined}>
            The paper
          </a>
          <a href="#write" aria-current={isPaper ? undefined : 'page'}>
            Workshop
          </a>
        </nav>
        {!isPaper && <EngineNote />}
      </div>
      <div hidden={isPaper}>
        <h1 class="visually-hidden">Tiny Stories, the workshop</h1>
        <div class="tabs" role="tablist" aria-label="What to do" onKeyDown={move}>
          {tabs.map(tab => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`tab-${tab.id}`}
              aria-controls={`panel-${tab.id}`}
              aria-selected={panel.value === tab.id}
              tabIndex={panel.value === tab.id ? 0 : -1}
              onClick={() => visit(tab.id)}
            >
              <span class="tab-label">{tab.label}</span>
              <span class="tab-hint">{tab.hint}</span>
            </button>
          ))}
        </div>
      </div>
    </header>
  )
}

function move(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length }[event.key]
  if (step === undefined) return
  event.preventDefault()
  const from = tabs.findIndex(tab => tab.id === panel.value)
  const to =
    Math.abs(step) === 1
      ? (from + step + tabs.length) % tabs.length
      : Math.max(0, Math.min(tabs.length - 1, from + step))
  visit(tabs[to]!.id)
  document.getElementById(`tab-${tabs[to]!.id}`)?.focus()
}
