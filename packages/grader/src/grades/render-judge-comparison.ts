import { formatInterval, formatNumber, formatShare } from '../report/format-number.ts'
import { inline, table } from '../report/render-markdown.ts'
import type { Measured } from '../statistics/bootstrap-statistic.ts'
import type { JudgeComparison } from './compare-judges.ts'

/** A comparison of judges as Markdown. */
export function renderJudgeComparison({
  judges,
  scores,
  pairs,
  joint,
  disagreements,
  unmatched,
}: JudgeComparison): string {
  const measured = ({ value, interval }: Measured): string =>
    `${formatNumber(value)} ${formatInterval(interval)}`
  const parts: string[] = [
    `# Agreement of ${inline(judges.join(', '))}`,
    "Cohen's kappa has quadratic weights; alpha is Krippendorff's; in brackets 95 % intervals of the bootstrap clustered by prompt.",
    '## Scores on average',
    table(
      ['criterion', 'completions', ...judges, 'mean', 'median'],
      scores.map(({ label, items, means, mean, median }) => [
        label,
        String(items),
        ...[...judges.map(name => means[name]!), mean, median].map(value => formatNumber(value)),
      ]),
    ),
    '## Agreement in pairs',
    table(
      [
        'first',
        'second',
        'criterion',
        'completions',
        'same',
        'first less second',
        'kappa',
        'alpha',
        'Spearman',
      ],
      pairs.map(each => [
        each.a,
        each.b,
        each.label,
        String(each.items),
        formatShare(each.same),
        formatNumber(each.bias),
        measured(each.kappa),
        measured(each.alpha),
        measured(each.spearman),
      ]),
    ),
  ]
  if (judges.length > 2)
    parts.push(
      '## All judges together',
      table(
        ['criterion', 'judges', 'completions', 'alpha'],
        joint.map(each => [each.label, String(each.judges), String(each.items), measured(each.alpha)]),
      ),
    )
  if (disagreements.length > 0)
    parts.push(
      '## Where they differ most',
      table(
        ['criterion', ...judges, 'completion'],
        disagreements.map(({ criterion, scores, completion }) => [
          criterion,
          ...judges.map(name => String(scores[name] ?? '–')),
          `${completion.promptId}, trial ${completion.trial + 1}: ${completion.text.trim().slice(0, 80)}`,
        ]),
      ),
    )
  const alone = Object.entries(unmatched).filter(([, count]) => count > 0)
  for (const [name, count] of alone)
    parts.push(`${count} completions of ${inline(name)} were scored by nobody else.`)
  return `${parts.join('\n\n')}\n`
}
