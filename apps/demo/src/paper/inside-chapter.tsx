import { useSignal } from '@preact/signals'
import type { ClassifiedHead } from '@tinystories/interpret'
import { useEffect, useMemo } from 'preact/hooks'
import heads from '../../models/heads.json' with { type: 'json' }
import { describeError } from '../errors/describe-error.ts'
import { HeadView } from '../panels/inside/head-view.tsx'
import { Story } from '../panels/write/story.ts'
import { Problem } from '../parts/notice.tsx'
import { Opening } from '../parts/opening.tsx'
import { Term } from '../parts/term.tsx'
import type { HeadReport, InsideReport } from '../workers/inside.ts'
import { Chapter } from './chapter.tsx'

/** What each head does, classified over many stories and not from this text. */
const byStories = heads.medium as unknown as readonly ClassifiedHead[]
const TEXT =
  'Tom had a dog named Spot. Spot had a red ball. One day Tom threw the ball and Spot ran after it.'

/** Attention heads on a short text. */
export function InsideChapter() {
  return (
    <Chapter
      id="inside"
      title="Looking inside"
      Live={Live}
      further={{
        panel: 'inside',
        label: 'All heads, the logit lens, neurons, and what happens without a head',
      }}
    >
      <p>
        A small model can be inspected completely. Its attention <Term name="attention" /> comes from heads{' '}
        <Term name="head" />. The authors found heads that attend a fixed distance back, whatever the words
        are, and heads that attend by meaning: to the main character, or to the thing mentioned last.
      </p>
      <p>Choose a kind of head, then a word: the darker another word, the more the word attends to it.</p>
    </Chapter>
  )
}

interface Kind {
  label: string
  score(head: HeadReport): number
}

/** The clearest head of each kind, by the share of its attention that the kind explains. */
const kinds: readonly Kind[] = [
  { label: 'attends by distance', score: head => head.distance },
  { label: 'attends to certain words', score: head => 1 - head.averaging - head.distance - head.firstToken },
  { label: 'averages all tokens', score: head => head.averaging },
  { label: 'rests on the first token', score: head => head.firstToken },
]

function Live() {
  const story = useMemo(() => new Story(), [])
  const report = useSignal<InsideReport | undefined>(undefined)
  const kind = useSignal(0)
  const problem = useSignal<string | undefined>(undefined)
  useEffect(() => {
    const look = async (): Promise<void> => {
      await story.open('medium')
      const found = await story.client.call('inside', { text: TEXT })
      report.value = { ...found, heads: found.heads.map((head, i) => ({ ...head, ...byStories[i] })) }
    }
    look().catch(error => {
      problem.value = describeError(error)
    })
    return () => story.dispose()
  }, [])
  const current = report.value
  const { score } = kinds[kind.value]!
  const head = current?.heads.reduce((best, each) => (score(each) > score(best) ? each : best))
  return (
    <div class="sheet">
      <fieldset class="ways">
        <legend class="visually-hidden">Kind of head</legend>
        {kinds.map(({ label }, i) => (
          <label key={label}>
            <input
              type="radio"
              name="head-kind"
              checked={i === kind.value}
              onChange={() => {
                kind.value = i
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <Problem>{problem.value ?? story.modelProblem.value}</Problem>
      {current && head ? (
        <>
          <p class="quiet small" role="status">
            The clearest such head of this model is layer {head.layer + 1}, head {head.head + 1}: over many
            stories, this explains {Math.round(score(head) * 100)} % of its attention.
          </p>
          <HeadView report={current} head={head} />
        </>
      ) : (
        <Opening story={story} />
      )}
    </div>
  )
}
