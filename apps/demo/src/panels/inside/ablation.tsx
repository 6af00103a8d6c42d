import { signal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { Term } from '../../parts/term.tsx'
import type { HeadReport } from '../../workers/inside.ts'
import type { Story, StoryToken } from '../write/story.ts'

const PROMPT = 'Once upon a time, there was a girl named Lily. She had a little cat. One day, the cat'
const OPTIONS = { temperature: 0, topP: 1, seed: 1, maxTokens: 60 }

/** The same completion with and without a head. */
export function Ablation({ story, head }: { story: Story; head: HeadReport }) {
  const state = useMemo(
    () => ({
      whole: signal<readonly StoryToken[]>([]),
      without: signal<readonly StoryToken[]>([]),
      of: signal<HeadReport | undefined>(undefined),
      busy: signal(false),
      problem: signal<string | undefined>(undefined),
    }),
    [],
  )
  const { whole, without, of, busy, problem } = state
  const run = async (): Promise<void> => {
    busy.value = true
    problem.value = undefined
    try {
      await story.write(PROMPT, OPTIONS)
      whole.value = story.tokens.value
      await story.write(PROMPT, { ...OPTIONS, ablate: [{ layer: head.layer, head: head.head }] })
      without.value = story.tokens.value
      of.value = head
      problem.value = story.problem.value
    } finally {
      busy.value = false
    }
  }
  const name = (which: HeadReport): string => `layer ${which.layer + 1}, head ${which.head + 1}`
  const differs = whole.value.findIndex((token, i) => token.id !== without.value[i]?.id)
  return (
    <section class="sheet" aria-label="Ablation">
      <div>
        <h2>
          Ablate a head <Term name="ablation" />
        </h2>
        <p class="quiet">
          The greedy completion of one prompt, by the whole model and with the output of one head set to zero.
        </p>
      </div>
      <div class="actions">
        <button type="button" class="primary" disabled={busy.value} onClick={() => void run()}>
          {busy.value ? 'Writing...' : `Ablate ${name(head)}`}
        </button>
        <p class="status" role="status">
          {problem.value ??
            (of.value && !busy.value
              ? differs < 0
                ? 'The completion does not change.'
                : `The completions differ from token ${differs + 1} on.`
              : '')}
        </p>
      </div>
      {of.value && (
        <div class="two-completions">
          <Completion title="Whole model" tokens={whole.value} differs={-1} />
          <Completion title={`Without ${name(of.value)}`} tokens={without.value} differs={differs} />
        </div>
      )}
    </section>
  )
}

interface CompletionProps {
  title: string
  tokens: readonly StoryToken[]
  differs: number
}

function Completion({ title, tokens, differs }: CompletionProps) {
  const cut = differs < 0 ? tokens.length : differs
  const text = (part: readonly StoryToken[]): string => part.map(token => token.text).join('')
  return (
    <article>
      <h3>{title}</h3>
      <p class="completion">
        {text(tokens.slice(0, cut))}
        {cut < tokens.length && <mark>{text(tokens.slice(cut))}</mark>}
      </p>
    </article>
  )
}
