import { useSignal } from '@preact/signals'
import type { Completion, Criterion, Grading, Report } from '@tinystories/grader'
import type { GradeSession } from './grade-session.ts'

/** What one model wrote for one prompt. */
interface Cell {
  name: string
  items: { completion: Completion; grading: Grading | undefined }[]
  /** What it is writing now. */
  live?: string
}

export interface CompletionGroup {
  prompt: string
  cells: Cell[]
}

/** Of what is being written and judged here. */
export function groupsOf(session: GradeSession): CompletionGroup[] {
  const { entries, writing } = session
  const now = writing.value
  const texts = entries.value.flatMap(entry => entry.completions.map(({ prompt }) => prompt))
  const prompts = new Set(now ? [...texts, now.prompt] : texts)
  return [...prompts].map(prompt => ({
    prompt,
    cells: entries.value.map(entry => ({
      name: entry.name,
      items: entry.completions
        .filter(completion => completion.prompt === prompt)
        .map(completion => ({ completion, grading: session.gradingOf(entry, completion) })),
      ...(now?.name === entry.name && now.prompt === prompt ? { live: now.text } : {}),
    })),
  }))
}

/** Of a finished report. */
export function groupsOfReport({ models }: Report): CompletionGroup[] {
  const groups = new Map<string, CompletionGroup>()
  for (const [i, { items }] of models.entries()) {
    for (const grading of items) {
      const { completion } = grading
      const key = JSON.stringify([completion.promptId, completion.prompt])
      const group: CompletionGroup = groups.get(key) ?? {
        prompt: completion.prompt,
        cells: models.map(({ name }) => ({ name, items: [] })),
      }
      groups.set(key, group)
      group.cells[i]!.items.push({ completion, grading })
    }
  }
  return [...groups.values()]
}

const AT_ONCE = 8

interface CompletionGroupsProps {
  names: readonly string[]
  groups: readonly CompletionGroup[]
  criteria: readonly Criterion[]
}

/** Completions of the same prompt side by side, each with its scores and assessment. */
export function CompletionGroups({ names, groups, criteria }: CompletionGroupsProps) {
  const count = useSignal(AT_ONCE)
  return (
    <>
      {groups.slice(0, count.value).map(({ prompt, cells }, i) => (
        <article key={`${i}:${prompt}`} class="grade-group">
          <h3 class="grade-prompt" dir="auto">
            {prompt || 'No prompt'}
          </h3>
          <div class="grade-cells" style={{ '--columns': Math.min(3, names.length) }}>
            {cells.map((cell, j) => (
              <div key={`${j}:${cell.name}`} class={`grade-cell grade-series-${j % 3}`}>
                <h4 dir="auto">{cell.name}</h4>
                {cell.items.map(({ completion, grading }) => (
                  <CompletionView
                    key={`${completion.trial}:${grading?.regrade ?? 0}`}
                    text={completion.text}
                    grading={grading}
                    criteria={criteria}
                  />
                ))}
                {cell.live !== undefined && (
                  <p class="grade-text" dir="auto">
                    {cell.live}
                    <span class="caret" />
                  </p>
                )}
              </div>
            ))}
          </div>
        </article>
      ))}
      {groups.length > count.value && (
        <button
          type="button"
          onClick={() => {
            count.value += AT_ONCE
          }}
        >
          Show more ({groups.length - count.value} prompts)
        </button>
      )}
    </>
  )
}

interface CompletionViewProps {
  text: string
  grading: Grading | undefined
  criteria: readonly Criterion[]
}

function CompletionView({ text, grading, criteria }: CompletionViewProps) {
  const judgment = grading?.judgment
  return (
    <div class="grade-item">
      <p class="grade-text" dir="auto">
        {text.trim() || '(nothing)'}
      </p>
      {judgment && (
        <>
          <dl class="grade-scores">
            {criteria.map(({ name, label }) => (
              <div key={name}>
                <dt>{label}</dt>
                <dd class="figure">{String(judgment.scores[name] ?? '–')}</dd>
              </div>
            ))}
          </dl>
          {judgment.assessment && (
            <p class="grade-assessment" dir="auto">
              {judgment.assessment}
            </p>
          )}
          {judgment.flags?.some(({ kind }) => kind === 'addresses-judge') && (
            <p class="warning">This text addresses its judge: its scores may be wrong.</p>
          )}
        </>
      )}
      {grading?.failure && <p class="problem">Not judged: {grading.failure}</p>}
    </div>
  )
}
