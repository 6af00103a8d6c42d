import { estimateHead, estimateNote, estimateRows, type Report } from '@tinystories/grader'
import { ScoresTable } from './scores-table.tsx'

/** What the text alone shows of the completions, beside how far that can be trusted. */
export function Estimates({ report }: { report: Report }) {
  const usable = new Set(report.estimates?.filter(each => each.isUsable).map(({ criterion }) => criterion))
  const models = report.models.map(model => ({
    ...model,
    criteria: model.criteria.filter(({ name }) => usable.has(name)),
    choices: [],
  }))
  return (
    <section class="grade-estimates" aria-label="Estimates without a judge">
      <h2>Estimated without a judge</h2>
      <ScoresTable models={models} label="Estimated scores" />
      {report.estimates && (
        <details>
          <summary>How far to trust these</summary>
          <p class="small">{estimateNote}</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is wider than a phone is moved with the keys */}
          <section class="grade-table" aria-label="Validity of the estimates" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  {estimateHead.map(head => (
                    <th key={head} scope="col">
                      {head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {estimateRows(report.estimates).map(([label, ...values]) => (
                  <tr key={label}>
                    <th scope="row">{label}</th>
                    {values.map((value, i) => (
                      <td key={i} class="figure">
                        {value}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </details>
      )}
    </section>
  )
}
