import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { type Html, html, trustedHtml } from '@tinystories/utils/html'
import type { EstimateValidity } from '../offline/estimate-offline.ts'
import {
  choiceChart,
  columns,
  histogramChart,
  legend,
  lengthChart,
  meansChart,
  shareChart,
} from './charts.ts'
import { estimateHead, estimateNote, estimateRows } from './estimate-rows.ts'
import { formatInterval, formatNumber, formatP, formatShare } from './format-number.ts'
import { htmlItems } from './html-items.ts'
import { htmlScript } from './html-script.ts'
import { htmlStyle } from './html-style.ts'
import { judgedText } from './judged-text.ts'
import { measureRows } from './measure-rows.ts'
import type { ModelSummary, Report } from './report.ts'

/**
 * The report as one HTML file that needs nothing else and never asks the network: tables, charts, every completion
 * with its scores and assessment, filter and search. Every value is escaped, numbers too, and a content
 * security policy allows nothing but the page's own style and script, by their hashes.
 */
export function renderHtml(report: Report): string {
  return [...renderHtmlPieces(report)].join('')
}

/** {@link renderHtml} in pieces, for reports that are large. */
export function* renderHtmlPieces(report: Report): Generator<string> {
  const { title, models, warnings, comparisons, confidence } = report
  const judged = models.filter(({ gradings }) => gradings > 0)
  const percent = `${Math.round(confidence * 100)} %`
  const sections = [
    html`<h1>${title}</h1>`,
    ...judged.map(
      model =>
        html`<p class="soft">${judged.length > 1 ? html`<strong>${model.name}</strong>: ` : ''}${judgedText(model)}</p>`,
    ),
    ...warnings.map(warning => html`<p class="warn" role="note">${warning}</p>`),
    ...(report.estimates ? [estimateTable(report.estimates)] : []),
    ...(judged.length > 0 ? scoresSections(judged, percent) : []),
    ...(comparisons.length > 0
      ? [html`<h2>Compared on the same prompts</h2>`, ...comparisons.map(comparisonTable(percent))]
      : []),
    ...measureSections(models),
    ...(judged.length > 0 ? [judgingTable(judged)] : []),
  ]
  yield String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${hashOf(htmlStyle)}'; script-src '${hashOf(htmlScript)}'; base-uri 'none'; form-action 'none'">
<title>${title}</title>
<style>${trustedHtml(htmlStyle)}</style>
</head>
<body>
<main>
${sections}
`)
  if (judged.length > 0) for (const item of htmlItems(judged, report.rubric.criteria)) yield String(item)
  yield String(html`
</main>
${judged.length > 0 ? html`<script>${trustedHtml(htmlScript)}</script>\n` : ''}</body>
</html>
`)
}

/** How a content security policy names the one script or style that may run. */
function hashOf(content: string): string {
  return `sha256-${btoa(String.fromCharCode(...sha256(utf8ToBytes(content))))}`
}

function scoresSections(models: readonly ModelSummary[], percent: string): Html[] {
  const [first] = models
  const several = models.length > 1
  const head = first!.criteria.map(
    ({ label, max }) => html`<th scope="col">${label} <span class="soft">of ${max}</span></th>`,
  )
  const rows = models.map(
    ({ name, criteria }) =>
      html`<tr><th scope="row">${name}</th>${criteria.map(
        ({ estimate, normalized }) =>
          html`<td>${formatNumber(estimate.mean)}${several ? html` <span class="soft">/ ${formatNumber(normalized)}</span>` : ''}<span class="interval">${formatInterval(estimate.interval)}</span></td>`,
      )}</tr>`,
  )
  const note = several ? ' After the slash: stretched from 0 to 1 over the models.' : ''
  const cards = [
    ...first!.criteria.map(({ name, label }) =>
      card(label, histogramChart(label, summariesOf(models, name)), 'How often each score was given'),
    ),
    ...first!.choices.map(({ name, label, options }) =>
      card(
        label,
        choiceChart(
          models.flatMap(model => {
            const summary = model.choices.find(each => each.name === name)
            return summary ? [{ model: model.name, summary }] : []
          }),
        ),
        options.map(({ value, label: meaning }) => `${value}: ${meaning}`).join(', '),
      ),
    ),
  ]
  const lengths = first!.criteria.map(({ name, label }) =>
    card(
      label,
      lengthChart(label, summariesOf(models, name)),
      `Rank correlation with length: ${models
        .map(model => formatNumber(model.criteria.find(each => each.name === name)?.lengthCorrelation))
        .join(', ')}`,
    ),
  )
  return [
    html`<h2>Scores</h2>`,
    scroll(
      html`<table><caption><span>Means; below them ${percent} intervals from standard errors clustered by prompt.${note}</span></caption><thead><tr><th scope="col">Model</th>${head}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
    legend(models),
    html`<div class="card wide spaced">${meansChart(models)}</div>`,
    html`<h2>Distributions</h2>`,
    html`<div class="cards">${cards}</div>`,
    html`<h2>Does length pay?</h2>`,
    html`<p class="soft">Mean scores of five groups of completions, from the shortest to the longest.</p>`,
    html`<div class="cards">${lengths}</div>`,
  ]
}

function summariesOf(
  models: readonly ModelSummary[],
  name: string,
): { model: string; summary: ModelSummary['criteria'][number] }[] {
  return models.flatMap(model => {
    const summary = model.criteria.find(each => each.name === name)
    return summary ? [{ model: model.name, summary }] : []
  })
}

function comparisonTable(percent: string): (comparison: Report['comparisons'][number]) => Html {
  return ({ a, b, criteria }) => {
    const rows = criteria.map(
      each =>
        html`<tr><th scope="row">${each.label}</th><td>${formatNumber(each.difference)}<span class="interval">${formatInterval(each.interval)}</span></td><td>${formatNumber(each.effectSize)}</td><td>${formatP(each.p)}</td><td>${formatP(each.correctedP)}</td><td>${each.pairs}</td></tr>`,
    )
    return scroll(
      html`<table><caption><span>${a} less ${b}: mean difference over prompts with its ${percent} interval, effect size (rank-biserial, -1 to 1), p-value of the permutation test (of the t-test where there are too few prompts for so many tests), the same after Holm's correction for all tests of this report.</span></caption><thead><tr><th scope="col">Criterion</th><th scope="col">Difference</th><th scope="col">Effect size</th><th scope="col">p</th><th scope="col">p, corrected</th><th scope="col">Prompts</th></tr></thead><tbody>${rows}</tbody></table>`,
    )
  }
}

/** log10 of the share of a k-gram among the corpus's, rounded down; -10 for those that never occur. */
const frequencyBins = [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1]

function measureSections(models: readonly ModelSummary[]): Html[] {
  const measured = models.filter(({ measures }) => measures)
  if (measured.length === 0) return []
  const rows = measureRows(measured).map(
    ({ label, values }) =>
      html`<tr><th scope="row">${label}</th>${values.map(value => html`<td>${value}</td>`)}</tr>`,
  )
  const charts = (
    [
      ['original', 'Overlap with the original continuation (R2 precision)', 'originalPrecision'],
      ['among', 'Overlap with the nearest other completion (R2)', 'among'],
      ['corpus', 'Overlap with the nearest training story (R2 precision)', 'corpusPrecision'],
    ] as const
  ).flatMap(([, title, field]) => {
    const found = measured.flatMap(({ name, measures }) => {
      const summary = measures![field]
      return summary ? [{ model: name, counts: summary.histogram }] : []
    })
    return found.length > 0 ? [card(title, shareChart(title, found), 'Share of completions by tenths')] : []
  })
  const frequencies = [1, 2, 3, 4, 5].flatMap(k => {
    const found = measured.flatMap(({ name, measures }) => {
      const row = measures!.frequencies?.find(each => each.k === k)
      return row ? [{ model: name, counts: frequencyBins.map(bin => row.histogram[bin] ?? 0) }] : []
    })
    const title = `How frequent the written ${k}-grams are in training`
    const names = frequencyBins.map(bin => (bin === -10 ? '0' : `1e${bin}`))
    return found.length > 0 ? [card(title, columns({ title, names, rows: found }), '0: never')] : []
  })
  charts.push(...frequencies)
  return [
    html`<h2>Without a judge</h2>`,
    scroll(
      html`<table class="stack"><caption><span>Diversity, memorization and what a program can decide.</span></caption><thead><tr><th scope="col">Measure</th>${measured.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`,
    ),
    ...(charts.length > 0 ? [html`<div class="cards spaced">${charts}</div>`] : []),
  ]
}

function judgingTable(models: readonly ModelSummary[]): Html {
  const rows = models.flatMap(({ name, criteria, choices }) => [
    ...criteria.map(each => [
      name,
      each.label,
      formatShare(each.parseRate),
      reasons(each.problems),
      formatInterval(each.bootstrap),
      each.weightedMean === undefined ? '–' : formatNumber(each.weightedMean),
      each.selfAgreement
        ? `alpha ${formatNumber(each.selfAgreement.alpha)}, same ${formatShare(each.selfAgreement.same)}`
        : '–',
    ]),
    ...choices.map(each => [
      name,
      each.label,
      formatShare(each.parseRate),
      reasons(each.problems),
      '–',
      '–',
      '–',
    ]),
  ])
  const head = [
    'Model',
    'Criterion',
    'Read',
    'Not read, why',
    'Bootstrap interval',
    'Weighted mean',
    'Judge with itself',
  ]
  return html`<h2>How well the judge was read</h2>${scroll(
    html`<table><caption><span>Read: share of the judge's replies that give one clear score, after asking again at most once.</span></caption><thead><tr>${head.map(each => html`<th scope="col">${each}</th>`)}</tr></thead><tbody>${rows.map(
      ([first, ...rest]) =>
        html`<tr><th scope="row">${first!}</th>${rest.map(cell => html`<td>${cell}</td>`)}</tr>`,
    )}</tbody></table>`,
  )}`
}

function estimateTable(estimates: readonly EstimateValidity[]): Html {
  const rows = estimateRows(estimates).map(
    ([first, ...rest]) =>
      html`<tr><th scope="row">${first}</th>${rest.map(cell => html`<td>${cell}</td>`)}</tr>`,
  )
  const head = estimateHead.map(each => html`<th scope="col">${each}</th>`)
  return scroll(
    html`<table><caption><span class="warn">${estimateNote}</span></caption><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function reasons(problems: Partial<Record<string, number>>): string {
  const parts = Object.entries(problems).map(([reason, count]) => `${count} ${reason}`)
  return parts.length > 0 ? parts.join(', ') : '–'
}

function card(title: string, content: Html, note: string): Html {
  return html`<div class="card"><h3>${title}</h3>${content}<p class="soft">${note}</p></div>`
}

function scroll(table: Html): Html {
  return html`<div class="scroll" tabindex="0">${table}</div>`
}
