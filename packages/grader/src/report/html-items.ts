import { type Html, html } from '@tinystories/utils/html'
import type { Grading } from '../judging/grading.ts'
import type { Criterion } from '../rubric/rubric.ts'
import type { ModelSummary } from './report.ts'

/** Every completion with its scores and assessment, in pieces, and what filters them. */
export function* htmlItems(models: readonly ModelSummary[], criteria: readonly Criterion[]): Generator<Html> {
  const options = (list: readonly { value: string; label: string }[]): Html[] =>
    [{ value: '', label: 'all' }, ...list].map(
      ({ value, label }) => html`<option value="${value}">${label}</option>`,
    )
  const scores = criteria.filter(({ kind }) => kind === 'score')
  const states = [
    { value: 'graded', label: 'graded' },
    { value: 'partial', label: 'graded in part' },
    { value: 'ungraded', label: 'ungraded' },
    { value: 'flagged', label: 'with a flag' },
  ]
  const filters = html`<form class="filters" id="filters" role="search" hidden>
<label>Search <input type="search" id="search" placeholder="words of text or assessment"></label>
<label>Model <select id="model">${options(models.map(({ name }) => ({ value: name, label: name })))}</select></label>
<label>State <select id="state">${options(states)}</select></label>
<label>Criterion <select id="criterion">${options(scores.map(({ name, label }) => ({ value: name, label })))}</select></label>
<label>from <input type="number" id="least" step="any" size="4"></label>
<label>to <input type="number" id="most" step="any" size="4"></label>
</form>`
  const count = models.reduce((sum, { items }) => sum + items.length, 0)
  yield html`<h2 id="completions">Completions</h2>\n${filters}\n<p class="soft" id="count" role="status" aria-live="polite">${count} completions</p>\n`
  for (const { name, items } of models) for (const item of items) yield htmlItem(name, item, criteria)
  yield html`\n<p><button type="button" id="more" hidden>Show more</button></p>`
}

function htmlItem(
  model: string,
  { completion, regrade, status, judgment, failure }: Grading,
  criteria: readonly Criterion[],
): Html {
  const flags = judgment?.flags ?? []
  const state = [status, ...(flags.length > 0 ? ['flagged'] : [])].join(' ')
  const scores = criteria.map(({ name, label }) => `${label} ${judgment?.scores[name] ?? '–'}`).join(' · ')
  const name = `${completion.promptId}, trial ${completion.trial + 1}${regrade > 0 ? `, judged again (${regrade + 1})` : ''}`
  const problems = Object.entries(judgment?.problems ?? {}).map(([criterion, { reason, found }]) => {
    const label = criteria.find(each => each.name === criterion)?.label ?? criterion
    return html`<p class="soft">${`${label}: ungraded, ${reason}${found === '' ? '' : ` (“${found}”)`}`}</p>`
  })
  const asked = completion.instruction
    ? html`<p class="soft">${Object.entries(completion.instruction)
        .map(([field, value]) => `${field}: ${Array.isArray(value) ? value.join(', ') : value}`)
        .join(' · ')}</p>`
    : undefined
  return html`<details class="item" data-model="${model}" data-state="${state}" data-scores="${JSON.stringify(judgment?.scores ?? {})}">
<summary><span class="head">${name}</span><span class="soft">${model}</span><span class="scores">${failure === undefined ? scores : 'ungraded'}</span>${flags.map(({ kind }) => html`<span class="flag">${kind}</span>`)}</summary>
<div class="body">${asked}<p class="story"><span class="given">${completion.prompt}</span><strong class="written">${completion.text}</strong></p>
${failure === undefined ? '' : html`<p class="warn">${failure}</p>`}${judgment?.assessment ? html`<p class="assessment">${judgment.assessment}</p>` : ''}${problems}${flags
  .filter(({ detail }) => detail !== undefined)
  .map(({ kind, detail }) => html`<p class="soft">${`${kind}: “${detail}”`}</p>`)}</div>
</details>`
}
