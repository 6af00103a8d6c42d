import type { ModelSummary } from '@tinystories/grader'
import { formatScore } from './format.ts'

/** Means with standard errors, a row for each model. */
export function ScoresTable({ models, label }: { models: readonly ModelSummary[]; label: string }) {
  const [first] = models
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that is wider than a phone is moved with the keys
    <section class="grade-table" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Model</th>
            {first!.criteria.map(({ name, label, max }) => (
              <th key={name} scope="col">
                {label} <span class="quiet">of {max}</span>
              </th>
            ))}
            {first!.choices.map(({ name, label }) => (
              <th key={name} scope="col">
                {label}
              </th>
            ))}
            <th scope="col">Graded</th>
          </tr>
        </thead>
        <tbody>
          {models.map(model => (
            <tr key={model.name}>
              <th scope="row">
                <span dir="auto">{model.name}</span>
              </th>
              {first!.criteria.map(({ name }) => {
                const estimate = model.criteria.find(each => each.name === name)?.estimate
                return (
                  <td key={name} class="figure">
                    <strong>{formatScore(estimate?.mean ?? Number.NaN)}</strong>{' '}
                    <span class="quiet">± {formatScore(estimate?.standardError ?? Number.NaN)}</span>
                  </td>
                )
              })}
              {first!.choices.map(({ name }) => (
                <td key={name}>{mostOften(model, name)}</td>
              ))}
              <td class="figure">
                {model.graded + model.partial} of {model.gradings}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** What was chosen most often. */
function mostOften(model: ModelSummary, name: string): string {
  const options = model.choices.find(each => each.name === name)?.options ?? []
  const best = options.reduce((a, b) => (b.count > a.count ? b : a), options[0]!)
  return best && best.count > 0 ? best.label : '–'
}
