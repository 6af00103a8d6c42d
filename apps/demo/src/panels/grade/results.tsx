import { useSignal } from '@preact/signals'
import type { Report } from '@tinystories/grader'
import { describeError } from '../../errors/describe-error.ts'
import { Problem } from '../../parts/notice.tsx'
import { CompletionGroups, groupsOf, groupsOfReport } from './completion-groups.tsx'
import { Estimates } from './estimates.tsx'
import type { GradeSession } from './grade-session.ts'
import { ScoresChart } from './scores-chart.tsx'
import { ScoresTable } from './scores-table.tsx'
import { SeriesMarker } from './series-marker.tsx'

/** Scores, charts and completions: of what was written here, or of the report that is open. */
export function Results({ session }: { session: GradeSession }) {
  const { opened, report, entries, estimates } = session
  const shown = opened.value ?? report.value
  const names = opened.value
    ? opened.value.models.map(model => model.name)
    : entries.value.map(entry => entry.name)
  if (!shown && names.length === 0) return null
  return (
    <section class="sheet grade-results" aria-label="Results">
      {opened.value && (
        <div class="grade-opened">
          <h2>{opened.value.title}</h2>
          <button
            type="button"
            onClick={() => {
              opened.value = undefined
            }}
          >
            Close this report
          </button>
        </div>
      )}
      {shown?.warnings.map(warning => (
        <p key={warning} class="warning" role="note">
          {warning}
        </p>
      ))}
      <div class="grade-beside">
        {shown && <Scores report={shown} session={session} />}
        {!opened.value && estimates.value && <Estimates report={estimates.value} />}
      </div>
      <div class="grade-head">
        <h2>Completions</h2>
        <Legend names={names} />
      </div>
      <CompletionGroups
        names={names}
        groups={opened.value ? groupsOfReport(opened.value) : groupsOf(session)}
        criteria={shown?.rubric.criteria ?? []}
      />
    </section>
  )
}

/** Which marker stands for which model. */
function Legend({ names }: { names: readonly string[] }) {
  return (
    <ul class="grade-legend">
      {names.map((name, i) => (
        <li key={name} class={`grade-series-${i % 3}`}>
          <svg viewBox="-6 -6 12 12" aria-hidden="true">
            <SeriesMarker index={i} />
          </svg>
          <bdi>{name}</bdi>
        </li>
      ))}
    </ul>
  )
}

function Scores({ report, session }: { report: Report; session: GradeSession }) {
  const problem = useSignal<string | undefined>(undefined)
  const judged = report.models.filter(({ gradings }) => gradings > 0)
  if (judged.length === 0) return <p class="quiet">No completion in this report was judged.</p>
  const download = async (kind: 'html' | 'json'): Promise<void> => {
    problem.value = undefined
    try {
      const type = kind === 'html' ? 'text/html' : 'application/json'
      const url = URL.createObjectURL(new Blob([await session.render(kind, report)], { type }))
      const link = document.createElement('a')
      link.href = url
      link.download = `report.${kind}`
      link.click()
      URL.revokeObjectURL(url)
    } catch (error) {
      problem.value = `The report cannot be written: ${describeError(error)}`
    }
  }
  return (
    <section class="grade-judged" aria-label="Scores of the judge">
      <div class="grade-head">
        <h2>Scores</h2>
        <div class="actions">
          <button type="button" onClick={() => void download('html')}>
            Download as HTML
          </button>
          <button type="button" onClick={() => void download('json')}>
            as JSON
          </button>
        </div>
      </div>
      <Problem>{problem.value}</Problem>
      <ScoresTable models={judged} label="Mean scores" />
      <ScoresChart models={judged} />
      <p class="quiet grade-small">
        Judged by {[...new Set(judged.map(model => model.judge))].join(', ')}. ± is the standard error;
        completions of one prompt count as one sample. Lines in the chart are{' '}
        {Math.round(report.confidence * 100)} % intervals.
      </p>
    </section>
  )
}
