import { estimateHead, estimateNote, estimateRows } from './estimate-rows.ts'
import { formatCost, formatInterval, formatNumber, formatP, formatShare } from './format-number.ts'
import { judgedText } from './judged-text.ts'
import { measureRows } from './measure-rows.ts'
import type { ModelSummary, Report } from './report.ts'

/** Tables for a README or an issue; completions are left to the other forms. */
export function renderMarkdown(report: Report): string {
  const { models, comparisons, confidence, warnings } = report
  const percent = `${Math.round(confidence * 100)} %`
  const parts = [`# ${inline(report.title)}`, ...warnings.map(warning => `> ${inline(warning)}`)]
  if (report.estimates) parts.push(estimateNote, table(estimateHead, estimateRows(report.estimates)))
  const judged = models.filter(({ gradings }) => gradings > 0)
  if (judged.length > 0) {
    const first = judged[0]!
    const several = judged.length > 1
    parts.push(
      `## Scores\n\nMean, ${percent} interval (standard errors clustered by prompt)${several ? ', and in brackets after a slash the score stretched from 0 to 1 over the models' : ''}.`,
      table(
        ['model', ...first.criteria.map(({ label, max }) => `${label} (of ${max})`)],
        judged.map(({ name, criteria }) => [
          name,
          ...criteria.map(
            ({ estimate, normalized }) =>
              `${formatNumber(estimate.mean)} ${formatInterval(estimate.interval)}${several ? ` / ${formatNumber(normalized)}` : ''}`,
          ),
        ]),
      ),
    )
    for (const choice of first.choices) {
      parts.push(
        `## ${inline(choice.label)}`,
        table(
          ['model', ...choice.options.map(({ value, label }) => `${value}: ${label}`)],
          judged.map(({ name, choices }) => [
            name,
            ...(choices.find(each => each.name === choice.name)?.options ?? []).map(({ count }) =>
              String(count),
            ),
          ]),
        ),
      )
    }
    parts.push(...comparisons.flatMap(comparisonPart(percent)))
    parts.push(
      '## How it was judged',
      judged.map(model => `- ${inline(model.name)}: ${inline(judgedText(model))}`).join('\n'),
    )
    parts.push(
      table(
        [
          'model',
          'criterion',
          'read',
          'bootstrap interval',
          'correlation with length',
          'the judge agrees with itself',
        ],
        judged.flatMap(criterionRows),
      ),
    )
  }
  const measured = models.filter(({ measures }) => measures)
  if (measured.length > 0) {
    const rows = measureRows(measured)
    parts.push(
      '## Without a judge',
      table(
        ['measure', ...measured.map(({ name }) => name)],
        rows.map(({ label, values }) => [label, ...values]),
      ),
    )
  }
  return `${parts.join('\n\n')}\n`
}

function comparisonPart(percent: string): (comparison: Report['comparisons'][number]) => string[] {
  return ({ a, b, criteria }) => [
    `## ${inline(a)} against ${inline(b)}`,
    table(
      [
        'criterion',
        'difference',
        `${percent} interval`,
        'effect size (rank-biserial)',
        'p',
        'p, corrected (Holm)',
        'prompts',
      ],
      criteria.map(each => [
        each.label,
        formatNumber(each.difference),
        formatInterval(each.interval),
        formatNumber(each.effectSize),
        formatP(each.p),
        formatP(each.correctedP),
        String(each.pairs),
      ]),
    ),
  ]
}

function criterionRows({ name, criteria }: ModelSummary): string[][] {
  return criteria.map(each => [
    name,
    each.label,
    formatShare(each.parseRate),
    formatInterval(each.bootstrap),
    formatNumber(each.lengthCorrelation),
    each.selfAgreement
      ? `alpha ${formatNumber(each.selfAgreement.alpha)}, same ${formatShare(each.selfAgreement.same)}`
      : '–',
  ])
}

/** Cost of all models in one line, for progress and summaries. */
export function costText({ cost, costKnown }: Pick<ModelSummary, 'cost' | 'costKnown'>): string {
  return formatCost(cost, costKnown)
}

/** A table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(inline).join(' | ')} |`
  return [
    line(head),
    `| ${head.map((_, i) => (i === 0 ? '---' : '---:')).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n')
}

/** Text that Markdown takes as it is, on one line. */
export function inline(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}<>|#]|\[(?=[^\]]*\]\()/g, '\\$&')
}
