import { useSignal } from '@preact/signals'
import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import { Footer } from './parts/footer.tsx'
import { Masthead, tabs } from './parts/masthead.tsx'
import { nextTask } from './parts/next-task.ts'
import { panel } from './state/address.ts'

type Loader = () => Promise<ComponentType>

const loaders: Record<string, Loader> = {
  paper: async () => (await import('./paper/paper.tsx')).Paper,
  write: async () => (await import('./panels/write/write-panel.tsx')).WritePanel,
  train: async () => (await import('./panels/train/train-panel.tsx')).TrainPanel,
  inside: async () => (await import('./panels/inside/inside-panel.tsx')).InsidePanel,
  grade: async () => (await import('./panels/grade/grade-panel.tsx')).GradePanel,
  compare: async () => (await import('./panels/compare/compare-panel.tsx')).ComparePanel,
}

/** The paper to read, and the workshop of five panels; each loads when it is first shown, and keeps its state. */
export function App() {
  const loaded = useSignal<Record<string, ComponentType>>({})
  const failed = useSignal<string | undefined>(undefined)
  const current = panel.value

  useEffect(() => {
    // Narrow screens show some of the tabs.
    document.getElementById(`tab-${current}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    if (loaded.value[current]) return
    loaders[current]!().then(
      async component => {
        // Drawing it is a task of its own: evaluating its modules was one.
        await nextTask()
        loaded.value = { ...loaded.value, [current]: component }
      },
      () => {
        failed.value = 'This part of the page did not load. Reload to try again.'
      },
    )
  }, [current])

  const Paper = loaded.value.paper
  return (
    <>
      <Masthead />
      <main>
        <div id="panel-paper" hidden={current !== 'paper'}>
          {Paper ? <Paper /> : <p class="quiet">{failed.value ?? 'Loading...'}</p>}
        </div>
        {tabs.map(tab => {
          const Panel = loaded.value[tab.id]
          return (
            <section
              key={tab.id}
              role="tabpanel"
              id={`panel-${tab.id}`}
              aria-labelledby={`tab-${tab.id}`}
              hidden={current !== tab.id}
            >
              {Panel ? <Panel /> : <p class="quiet">{failed.value ?? 'Loading...'}</p>}
            </section>
          )
        })}
      </main>
      <Footer />
    </>
  )
}
