import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { describeError } from '../../errors/describe-error.ts'
import type { ModelInfo } from '../../models/source.ts'
import { Problem } from '../../parts/notice.tsx'
import { Term } from '../../parts/term.tsx'
import type { NeuronReport } from '../../workers/inside.ts'
import type { Story } from '../write/story.ts'

const STORIES = 60
const PER_PAGE = 6

/** For each neuron the tokens on which it is most active. */
export function Neurons({ story, info }: { story: Story; info: ModelInfo }) {
  const layer = useSignal(info.layers - 1)
  const page = useSignal(0)
  const report = useSignal<NeuronReport | undefined>(undefined)
  const progress = useSignal<{ done: number; total: number } | undefined>(undefined)
  const problem = useSignal<string | undefined>(undefined)
  const running = useRef<AbortController | undefined>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const look = async (): Promise<void> => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    problem.value = undefined
    progress.value = { done: 0, total: STORIES }
    try {
      const found = await story.client.call(
        'neurons',
        { layer: layer.value, count: STORIES },
        {
          signal: controller.signal,
          onEvent: event => {
            if (running.current === controller) progress.value = event
          },
        },
      )
      if (running.current !== controller) return
      // Those that are active on something rather than a little on everything come first.
      found.neurons.sort((a, b) => b.top[0]!.value - a.top[0]!.value)
      report.value = found
      page.value = 0
    } catch (error) {
      if (!controller.signal.aborted) problem.value = describeError(error)
    } finally {
      if (running.current === controller) progress.value = undefined
    }
  }
  const shown = report.value?.neurons.slice(page.value * PER_PAGE, (page.value + 1) * PER_PAGE) ?? []
  const pages = Math.ceil((report.value?.neurons.length ?? 0) / PER_PAGE)

  return (
    <section class="sheet" aria-label="Neurons">
      <div>
        <h2>
          Neurons <Term name="neuron" />
        </h2>
        <p class="quiet">
          The tokens of {STORIES} stories on which each of {info.mlpSize.toLocaleString('en')} neurons is most
          active.
        </p>
      </div>
      <div class="actions">
        <label class="check" for="neuron-layer">
          Layer
          <select
            id="neuron-layer"
            value={String(layer.value)}
            onChange={event => {
              layer.value = Number(event.currentTarget.value)
            }}
          >
            {Array.from({ length: info.layers }, (_, i) => (
              <option key={i} value={String(i)}>
                {i + 1}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="primary"
          disabled={progress.value !== undefined}
          onClick={() => void look()}
        >
          {progress.value
            ? `Story ${progress.value.done} of ${progress.value.total}`
            : 'Find top activations'}
        </button>
      </div>
      <Problem>{problem.value}</Problem>
      {shown.length > 0 && (
        <>
          <ul class="neurons">
            {shown.map(({ index, top }) => (
              <li key={index}>
                <h3>Neuron {index + 1}</h3>
                <ol>
                  {top.map((activation, i) => (
                    <li key={i}>
                      <span class="figure quiet">{activation.value.toFixed(1)}</span>
                      <span class="context" dir="auto">
                        <span>{activation.before}</span>
                        <mark>{activation.token}</mark>
                        <span>{activation.after}</span>
                      </span>
                    </li>
                  ))}
                </ol>
              </li>
            ))}
          </ul>
          <nav class="actions" aria-label="Pages of neurons">
            <button type="button" disabled={page.value === 0} onClick={() => page.value--}>
              Previous
            </button>
            <button type="button" disabled={page.value >= pages - 1} onClick={() => page.value++}>
              Next
            </button>
            <p class="status figure">
              {page.value + 1} of {pages}
            </p>
          </nav>
        </>
      )}
    </section>
  )
}
