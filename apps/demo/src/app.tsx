import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { WritePanel } from './panels/write/write-panel.tsx'
import { EngineNote } from './parts/engine-note.tsx'

interface Tab {
  id: string
  label: string
  /** What it does, in a few words. */
  hint: string
  load: () => Promise<ComponentType>
}

// The page opens with Write; the other panels load when they are first shown.
const tabs: readonly Tab[] = [
  { id: 'write', label: 'Write', hint: 'Write a story with a model', load: async () => WritePanel },
  {
    id: 'train',
    label: 'Train',
    hint: 'Watch a model learn',
    load: async () => (await import('./panels/train/train-panel.tsx')).TrainPanel,
  },
  {
    id: 'inside',
    label: 'Look inside',
    hint: 'Heads and neurons',
    load: async () => (await import('./panels/inside/inside-panel.tsx')).InsidePanel,
  },
  {
    id: 'grade',
    label: 'Grade',
    hint: 'Scores from a judge',
    load: async () => (await import('./panels/grade/grade-panel.tsx')).GradePanel,
  },
  {
    id: 'compare',
    label: 'Compare sizes',
    hint: 'One prompt, several models',
    load: async () => (await import('./panels/compare/compare-panel.tsx')).ComparePanel,
  },
]

/** The tab named by the address, `#train` for example. */
function named(): string {
  const id = location.hash.slice(1)
  return tabs.some(tab => tab.id === id) ? id : 'write'
}

export function App() {
  const current = useSignal(named())
  const loaded = useSignal<Record<string, ComponentType>>({ write: WritePanel })
  const failed = useSignal<string | undefined>(undefined)

  const show = (id: string): void => {
    current.value = id
    history.replaceState(null, '', `#${id}`)
  }
  useEffect(() => {
    const follow = (): void => {
      current.value = named()
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  useEffect(() => {
    const id = current.value
    // Narrow screens show some of the tabs.
    document.getElementById(`tab-${id}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    if (loaded.value[id]) return
    const tab = tabs.find(candidate => candidate.id === id)!
    tab.load().then(
      panel => {
        loaded.value = { ...loaded.value, [id]: panel }
      },
      () => {
        failed.value = 'This part of the page did not load. Reload to try again.'
      },
    )
  }, [current.value])

  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const from = tabs.findIndex(tab => tab.id === current.value)
    const to =
      Math.abs(step) === 1
        ? (from + step + tabs.length) % tabs.length
        : Math.max(0, Math.min(tabs.length - 1, from + step))
    show(tabs[to]!.id)
    document.getElementById(`tab-${tabs[to]!.id}`)?.focus()
  }

  return (
    <>
      <header class="masthead">
        <div class="masthead-line">
          <h1>
            Tiny Stories <span>in your browser</span>
          </h1>
          <EngineNote />
        </div>
        <div class="tabs" role="tablist" aria-label="What to do" onKeyDown={move}>
          {tabs.map(tab => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={`tab-${tab.id}`}
              aria-controls={`panel-${tab.id}`}
              aria-selected={current.value === tab.id}
              tabIndex={current.value === tab.id ? 0 : -1}
              onClick={() => show(tab.id)}
            >
              <span class="tab-label">{tab.label}</span>
              <span class="tab-hint">{tab.hint}</span>
            </button>
          ))}
        </div>
      </header>
      <main>
        {tabs.map(tab => {
          const Panel = loaded.value[tab.id]
          return (
            <section
              key={tab.id}
              role="tabpanel"
              id={`panel-${tab.id}`}
              aria-labelledby={`tab-${tab.id}`}
              hidden={current.value !== tab.id}
            >
              {Panel ? <Panel /> : <p class="quiet">{failed.value ?? 'Loading...'}</p>}
            </section>
          )
        })}
      </main>
      <footer>
        <p>
          Everything here is computed on your own machine: models, training and stories never leave this page,
          unless you send stories to a judge. Built with TensorFlow.js and ONNX Runtime.
        </p>
        <p>
          Based on <a href="https://arxiv.org/abs/2305.07759">the TinyStories paper</a> by Ronen Eldan and
          Yuanzhi Li. The models were trained on{' '}
          <a href="https://huggingface.co/datasets/roneneldan/TinyStories">its data set</a>{' '}
          (CDLA-Sharing-1.0). The code of this page is under the <a href="LICENSE.txt">MIT license</a>.
        </p>
      </footer>
    </>
  )
}
