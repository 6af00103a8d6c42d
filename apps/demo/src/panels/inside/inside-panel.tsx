import './inside.css'
import { useSignal, useSignalEffect } from '@preact/signals'
import type { ClassifiedHead } from '@tinystories/interpret'
import { useMemo } from 'preact/hooks'
import heads from '../../../models/heads.json' with { type: 'json' }
import { describeError } from '../../errors/describe-error.ts'
import { PageError } from '../../errors/page-error.ts'
import { ModelPicker } from '../../parts/model-picker.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Opening } from '../../parts/opening.tsx'
import { PromptField } from '../../parts/prompt-field.tsx'
import { Term } from '../../parts/term.tsx'
import { UnknownScript } from '../../parts/unknown-script.tsx'
import { type Address, arrival, leftAt, record } from '../../state/address.ts'
import { keptFields } from '../../state/kept-field.ts'
import { choiceOf } from '../../state/models.ts'
import { HEAD_STORIES } from '../../workers/head-texts.ts'
import type { HeadReport, InsideReport } from '../../workers/inside.ts'
import { Story } from '../write/story.ts'
import { Ablation } from './ablation.tsx'
import { HeadView } from './head-view.tsx'
import { Lens } from './lens.tsx'
import { Neurons } from './neurons.tsx'

const FIRST = 'medium'
const shippedHeads = heads as unknown as Readonly<Record<string, readonly ClassifiedHead[]>>
const TEXT =
  'Tom and his dog Spot went to the park. Tom threw a red ball and Spot ran after it. The dog was very happy. Tom said, "Good dog, Spot!"'

interface HeadGroup {
  title: string
  hint: string
  classes: HeadReport['class'][]
  /** The evidence for the class. */
  score: (head: HeadReport) => number
}

const classes: HeadGroup[] = [
  {
    title: 'Distance heads',
    hint: 'attend to the previous token or equally far back, whatever the words are',
    classes: ['previous-token', 'fixed-distance'],
    score: head => head.distance,
  },
  {
    title: 'Heads on the first token',
    hint: 'attend to the start when they have nothing to look for',
    classes: ['first-token'],
    score: head => head.firstToken,
  },
  {
    title: 'Averaging heads',
    hint: 'attend to all tokens alike',
    classes: ['averaging'],
    score: head => head.averaging,
  },
  {
    title: 'Other heads',
    hint: 'attend by what the words are, or by several things',
    classes: ['other'],
    score: head => 1 - head.averaging - head.distance,
  },
]

/** Attention patterns, ablation and neurons. */
export function InsidePanel() {
  // The patterns come through the worker that the story owns.
  const story = useMemo(() => new Story(), [])
  const { text } = useMemo(() => keptFields('inside', { text: TEXT }), [])
  const report = useSignal<InsideReport | undefined>(undefined)
  const chosen = useSignal(0)
  const problem = useSignal<string | undefined>(undefined)
  const looking = useSignal(false)

  const look = async (shown = text.value): Promise<void> => {
    looking.value = true
    problem.value = undefined
    record('inside', { model: story.model.peek() ?? FIRST, text: shown === TEXT ? '' : shown })
    try {
      const next = await story.client.call('inside', { text: shown })
      // A clear distance head is the easiest to understand.
      const first = next.heads.reduce(
        (best, head, i) => (head.distance > next.heads[best]!.distance ? i : best),
        0,
      )
      report.value = next
      chosen.value = first
    } catch (error) {
      problem.value = describeError(error)
    } finally {
      looking.value = false
    }
  }
  const open = async (key: string, shown?: string): Promise<void> => {
    await story.open(key)
    if (story.model.peek() !== key) return
    classified.value = shippedHeads[key]
    progress.value = undefined
    await look(shown)
  }
  /** Looks into the model and text of an address; on a return the text stays as it was left. */
  const openAddress = async (
    { model = '', text: given = TEXT }: Address['values'],
    { isReturn = false } = {},
  ): Promise<void> => {
    if (!isReturn) text.value = given
    const wanted = (await choiceOf(model))?.key
    await open(wanted ?? story.model.peek() ?? FIRST, given)
    if (story.model.peek() === undefined) await open(FIRST, given)
    if (model && !wanted) story.modelProblem.value = describeError(new PageError('model-elsewhere', {}))
  }
  const isOpen = useMemo(() => ({ current: false }), [])
  useSignalEffect(() => {
    const { panel, values } = arrival.value
    if (panel === 'inside') void openAddress(values)
    else if (!isOpen.current) void openAddress(leftAt('inside') ?? {}, { isReturn: true })
    isOpen.current = true
  })

  // One text gives a first impression; stories decide. Of the shipped models it is known.
  const classified = useSignal<readonly ClassifiedHead[] | undefined>(undefined)
  const progress = useSignal<{ done: number; total: number } | undefined>(undefined)
  const classify = async (): Promise<void> => {
    const model = story.model.peek()
    const isCurrent = (): boolean => story.model.peek() === model
    progress.value = { done: 0, total: HEAD_STORIES }
    try {
      const heads = await story.client.call('classify', undefined, {
        onEvent: event => {
          if (isCurrent()) progress.value = event
        },
      })
      if (isCurrent()) classified.value = heads
    } catch (error) {
      if (isCurrent()) problem.value = describeError(error)
    } finally {
      if (isCurrent()) progress.value = undefined
    }
  }

  const current = report.value && {
    ...report.value,
    heads: report.value.heads.map((head, i) => ({ ...head, ...classified.value?.[i] })),
  }
  const indices = current?.heads.map((_, i) => i) ?? []
  const groups = classes.map(({ classes, score, ...group }) => ({
    ...group,
    score,
    heads: indices
      .filter(i => classes.includes(current!.heads[i]!.class))
      .toSorted((a, b) => score(current!.heads[b]!) - score(current!.heads[a]!)),
  }))
  const head = current?.heads[chosen.value]

  return (
    <div class="with-rail">
      <div class="inside">
        <div class="sheet">
          <form
            class="prompt"
            onSubmit={event => {
              event.preventDefault()
              void look()
            }}
          >
            <PromptField id="inside-text" label="Text" rows={3} text={text} />
            <div class="actions">
              <button
                type="submit"
                class="primary"
                disabled={story.model.value === undefined || looking.value}
              >
                Show attention
              </button>
              {current?.cut && <p class="status">Only its first {current.pieces.length} tokens are shown.</p>}
            </div>
          </form>
          {story.busy.value === 'opening' && <Opening story={story} />}
          <Problem>{problem.value}</Problem>
          <UnknownScript share={current?.unknownShare} />
          {current && head ? (
            <>
              <h2>
                Attention heads <Term name="head" />
              </h2>
              {groups.map(group => (
                <section key={group.title} class="head-group" aria-label={group.title}>
                  <h3>
                    {group.title} <span class="quiet">{group.hint}</span>
                  </h3>
                  {group.heads.length === 0 ? (
                    <p class="quiet">None of the heads of this model.</p>
                  ) : (
                    <div class="head-grid">
                      {group.heads.map(i => (
                        <button
                          key={i}
                          type="button"
                          class="head-tile"
                          aria-pressed={i === chosen.value}
                          onClick={() => {
                            chosen.value = i
                          }}
                        >
                          <HeadView.Thumbnail
                            pattern={current.heads[i]!.pattern}
                            size={current.pieces.length}
                          />
                          <span>
                            Layer {current.heads[i]!.layer + 1}, head {current.heads[i]!.head + 1}
                          </span>
                          <span class="quiet figure">{group.score(current.heads[i]!).toFixed(2)}</span>
                        </button>
                      ))}
                    </div>
                  )}
                </section>
              ))}
              <HeadView report={current} head={head} story={story} />
            </>
          ) : (
            story.busy.value !== 'opening' && <p class="quiet">{looking.value ? 'Computing...' : ''}</p>
          )}
        </div>
        {report.value && <Lens key={story.model.value} story={story} report={report.value} />}
        {head && story.info.value && (
          <Ablation key={story.model.value} story={story} info={story.info.value} text={text} first={head} />
        )}
        {story.info.value && <Neurons key={story.model.value} story={story} info={story.info.value} />}
      </div>
      <aside class="rail" aria-label="Model">
        <ModelPicker
          id="inside"
          value={story.model.value}
          problem={story.modelProblem.value}
          onChoose={key => void open(key)}
        />
        <p class="quiet small" role="status">
          {progress.value
            ? `Reading stories to sort the heads: ${progress.value.done} of ${progress.value.total}...`
            : classified.value
              ? `Sorted by what the heads attend to in ${HEAD_STORIES} stories, not in this text alone.`
              : 'Sorted by this text alone, which gives only a first impression.'}
        </p>
        {!classified.value && current && (
          <button type="button" disabled={progress.value !== undefined} onClick={() => void classify()}>
            Sort by {HEAD_STORIES} stories
          </button>
        )}
        <p class="quiet small">
          The number under a head is the share of its attention that its class explains; for other heads, the
          share that neither averaging nor distance explains.
        </p>
      </aside>
    </div>
  )
}
