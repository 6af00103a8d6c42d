import { type Signal, useSignal } from '@preact/signals'
import { describeError } from '../../errors/describe-error.ts'
import type { ModelInfo } from '../../models/source.ts'
import { Check } from '../../parts/check.tsx'
import { Problem } from '../../parts/notice.tsx'
import { Term } from '../../parts/term.tsx'
import type { TextLoss } from '../../workers/text-loss.ts'
import type { Story, StoryToken } from '../write/story.ts'

const OPTIONS = { temperature: 0, topP: 1, seed: 1, maxTokens: 40 }

interface AblationProps {
  story: Story
  info: ModelInfo
  text: Signal<string>
  /** The head that is looked at, which is left out first. */
  first: { layer: number; head: number }
}

interface Result {
  without: string
  whole: TextLoss
  ablated: TextLoss
  wholeStory: readonly StoryToken[]
  ablatedStory: readonly StoryToken[]
}

/** What the visitor's text costs the model, and how it goes on, with some heads left out. */
export function Ablation({ story, info, text, first }: AblationProps) {
  const own = useSignal<ReadonlySet<string> | undefined>(undefined)
  // Until the visitor chooses, the head that is looked at.
  const chosen = own.value ?? new Set([nameOf(first)])
  const result = useSignal<Result | undefined>(undefined)
  const busy = useSignal(false)
  const problem = useSignal<string | undefined>(undefined)
  const heads = [...chosen].map(name => {
    const [layer, head] = name.split('.').map(Number)
    return { layer: layer! - 1, head: head! - 1 }
  })
  const toggle = (names: readonly string[]): void => {
    const next = new Set(chosen)
    const isAll = names.every(name => next.has(name))
    for (const name of names) isAll ? next.delete(name) : next.add(name)
    own.value = next
  }
  const run = async (): Promise<void> => {
    busy.value = true
    problem.value = undefined
    try {
      const whole = await story.client.call('loss', { text: text.value, ablate: [] })
      const ablated = await story.client.call('loss', { text: text.value, ablate: heads })
      await story.write(text.value, OPTIONS)
      const wholeStory = story.tokens.value
      await story.write(text.value, { ...OPTIONS, ablate: heads })
      if (story.problem.value) throw new Error(story.problem.value)
      const [first, ...others] = [...chosen].sort()
      const [layer, head] = first!.split('.')
      const without =
        others.length === 0
          ? `head ${head} of layer ${layer}`
          : `heads ${[first, ...others].join(', ')} (layer.head)`
      result.value = { without, whole, ablated, wholeStory, ablatedStory: story.tokens.value }
    } catch (error) {
      problem.value = describeError(error)
    } finally {
      busy.value = false
    }
  }
  const rows = Array.from({ length: info.layers }, (_, layer) =>
    Array.from({ length: info.heads }, (_, head) => nameOf({ layer, head })),
  )
  return (
    <section class="sheet" aria-label="Ablation">
      <div>
        <h2>
          Ablate heads <Term name="ablation" />
        </h2>
        <p class="quiet">
          Choose heads whose output is set to zero. The more the model relied on them, the more bits the text
          above needs; its continuation changes, too.
        </p>
      </div>
      {rows.map((names, layer) => (
        <fieldset key={names[0]} class="head-choice">
          <legend class="visually-hidden">Heads of layer {layer + 1} to ablate</legend>
          <button type="button" onClick={() => toggle(names)}>
            Layer {layer + 1}
          </button>
          {names.map((name, head) => (
            <Check
              key={name}
              checked={chosen.has(name)}
              name={`Layer ${layer + 1}, head ${head + 1}`}
              onChange={() => toggle([name])}
            >
              {head + 1}
            </Check>
          ))}
        </fieldset>
      ))}
      <div class="actions">
        <button
          type="button"
          class="primary"
          disabled={busy.value || heads.length === 0}
          onClick={() => void run()}
        >
          {busy.value
            ? 'Computing...'
            : `Ablate ${heads.length === 1 ? 'this head' : `these ${heads.length} heads`}`}
        </button>
      </div>
      <Problem>{problem.value}</Problem>
      {result.value && <Outcome result={result.value} />}
    </section>
  )
}

const nameOf = ({ layer, head }: { layer: number; head: number }): string => `${layer + 1}.${head + 1}`

function Outcome({ result: { without, whole, ablated, wholeStory, ablatedStory } }: { result: Result }) {
  const differs = wholeStory.findIndex((token, i) => token.id !== ablatedStory[i]?.id)
  const change = ablated.bitsPerByte - whole.bitsPerByte
  return (
    <>
      <p class="measure" role="status">
        The text costs <strong class="figure">{ablated.bitsPerByte.toFixed(2)}</strong> bits per byte{' '}
        <Term name="bits per byte" /> without {without}, instead of {whole.bitsPerByte.toFixed(2)} (
        {change < 0 ? '' : '+'}
        {change.toFixed(2)}).{' '}
        {differs < 0 ? 'It goes on as before.' : 'It goes on differently where the words are marked.'}
      </p>
      <p class="story-text changed" dir="auto">
        {ablated.tokens.map(({ text, logProbability }, i) => {
          const bits = (whole.tokens[i]!.logProbability - logProbability) / Math.LN2
          return (
            <span
              key={i}
              title={`${bits < 0 ? '' : '+'}${bits.toFixed(1)} bits`}
              style={{ '--harm': Math.max(0, Math.min(1, bits / 4)).toFixed(2) }}
            >
              {text}
            </span>
          )
        })}
      </p>
      <p class="quiet small">
        The redder a word, the less likely it has become; up to 4 bits, 16 times less.
      </p>
      <div class="two-completions">
        <Completion title="Whole model" tokens={wholeStory} differs={-1} />
        <Completion title={`Without ${without}`} tokens={ablatedStory} differs={differs} />
      </div>
    </>
  )
}

interface CompletionProps {
  title: string
  tokens: readonly StoryToken[]
  differs: number
}

function Completion({ title, tokens, differs }: CompletionProps) {
  const cut = differs < 0 ? tokens.length : differs
  const written = tokens.findIndex(({ probability }) => probability !== undefined)
  const from = written < 0 ? 0 : written
  const text = (part: readonly StoryToken[]): string => part.map(token => token.text).join('')
  return (
    <article>
      <h3>{title}</h3>
      <p class="completion" dir="auto">
        <span class="quiet">...</span>
        {text(tokens.slice(from, Math.max(from, cut)))}
        {cut < tokens.length && <mark>{text(tokens.slice(Math.max(from, cut)))}</mark>}
      </p>
    </article>
  )
}
