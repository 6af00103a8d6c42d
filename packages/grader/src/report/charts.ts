import { type Html, html } from '@tinystories/utils/html'
import { formatNumber } from './format-number.ts'
import type { ChoiceSummary, CriterionSummary, ModelSummary } from './report.ts'

/** How many colors the style sheet has for models; more models take them again. */
export const seriesColors = 6

const series = (index: number): string => `s${index % seriesColors}`

interface Frame {
  width: number
  height: number
  title: string
  content: readonly Html[]
}

function svg({ width, height, title, content }: Frame): Html {
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}"><title>${title}</title>${content}</svg>`
}

const text = (
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end' = 'start',
  kind = 'tick',
): Html => html`<text x="${r(x)}" y="${r(y)}" text-anchor="${anchor}" class="${kind}">${content}</text>`
const line = (x1: number, y1: number, x2: number, y2: number, kind: string): Html =>
  html`<line x1="${r(x1)}" y1="${r(y1)}" x2="${r(x2)}" y2="${r(y2)}" class="${kind}"/>`
const bar = (x: number, y: number, width: number, height: number, kind: string, tip: string): Html =>
  html`<rect x="${r(x)}" y="${r(y)}" width="${r(Math.max(0, width))}" height="${r(Math.max(0, height))}" rx="1.5" class="bar ${kind}"><title>${tip}</title></rect>`
const r = (value: number): string => String(Math.round(value * 10) / 10)

/** Means of all criteria, a bar for each model, with whiskers for the intervals. */
export function meansChart(models: readonly ModelSummary[]): Html {
  const labels = models[0]?.criteria ?? []
  const row = Math.max(16, Math.min(26, 54 / models.length))
  const group = row * models.length + 16
  const [left, right, top] = [100, 30, 6]
  const width = 480
  const height = top + group * labels.length + 26
  const parts: Html[] = []
  const bottom = height - 22
  const max = Math.max(...labels.map(criterion => criterion.max), 1)
  const min = Math.min(...labels.map(criterion => criterion.min), 0)
  const x = (value: number): number => left + ((value - min) / (max - min)) * (width - left - right)
  for (let i = 0; i <= 5; i++) {
    const value = min + (i * (max - min)) / 5
    parts.push(
      line(x(value), top, x(value), bottom, 'grid'),
      text(x(value), height - 6, formatNumber(value, value % 1 === 0 ? 0 : 1), 'middle'),
    )
  }
  for (const [i, { name, label }] of labels.entries()) {
    const y0 = top + i * group + 8
    parts.push(text(left - 10, y0 + (row * models.length) / 2 + 4, label, 'end', 'label'))
    for (const [j, model] of models.entries()) {
      const found = model.criteria.find(each => each.name === name)
      if (!found || !Number.isFinite(found.estimate.mean)) continue
      const { mean, interval } = found.estimate
      const y = y0 + j * row
      parts.push(
        bar(
          x(min),
          y + 1.5,
          x(mean) - x(min),
          row - 3,
          series(j),
          `${model.name}, ${label}: ${formatNumber(mean)}`,
        ),
      )
      if (Number.isFinite(interval[0])) {
        const [low, high] = interval.map(value => x(Math.min(max, Math.max(min, value)))) as [number, number]
        const middle = y + row / 2
        parts.push(
          line(low, middle, high, middle, 'whisker'),
          line(low, middle - 4, low, middle + 4, 'whisker'),
          line(high, middle - 4, high, middle + 4, 'whisker'),
        )
      }
      const end = Math.max(x(mean), Number.isFinite(interval[1]) ? x(Math.min(max, interval[1])) : 0)
      parts.push(text(end + 5, y + row / 2 + 4, formatNumber(mean, 1), 'start', 'value'))
    }
  }
  return svg({ width, height, title: 'Mean scores with their intervals', content: parts })
}

/** How often each score was given: one small chart for a criterion, models side by side. */
export function histogramChart(
  label: string,
  summaries: readonly { model: string; summary: CriterionSummary }[],
): Html {
  const first = summaries[0]!.summary
  return columns({
    title: `${label}: how often each score was given`,
    names: first.histogram.map((_, i) => String(Math.ceil(first.min) + i)),
    rows: summaries.map(({ model, summary }) => ({ model, counts: summary.histogram })),
  })
}

/** How often each choice was taken, such as age groups. */
export function choiceChart(summaries: readonly { model: string; summary: ChoiceSummary }[]): Html {
  const first = summaries[0]!.summary
  return columns({
    title: `${first.label}: how often each was given`,
    names: first.options.map(({ value }) => value),
    rows: summaries.map(({ model, summary }) => ({
      model,
      counts: summary.options.map(({ count }) => count),
    })),
  })
}

/** Values in [0, 1] by tenths. */
export function shareChart(
  title: string,
  rows: readonly { model: string; counts: readonly number[] }[],
): Html {
  return columns({ title, names: Array.from({ length: 10 }, (_, i) => `.${i}`), rows })
}

/** Columns of shares: each model's counts over their sum. */
export function columns({
  title,
  names,
  rows,
}: {
  title: string
  names: readonly string[]
  rows: readonly { model: string; counts: readonly number[] }[]
}): Html {
  const [width, height, left, top, bottom] = [300, 150, 34, 8, 128]
  const shares = rows.map(({ counts }) => {
    const sum = counts.reduce((a, b) => a + b, 0)
    return counts.map(count => (sum > 0 ? count / sum : 0))
  })
  const most = Math.max(0.05, ...shares.flat())
  const step = (width - left - 4) / names.length
  const each = (step - Math.min(4, step / 4)) / rows.length
  const y = (share: number): number => bottom - (share / most) * (bottom - top)
  const parts = [0, most / 2, most].map(
    share =>
      html`${line(left, y(share), width, y(share), 'grid')}${text(left - 4, y(share) + 4, `${Math.round(share * 100)}%`, 'end')}`,
  )
  for (const [i, name] of names.entries()) {
    const x = left + i * step + Math.min(4, step / 4) / 2
    parts.push(text(left + (i + 0.5) * step, bottom + 14, name, 'middle'))
    for (const [j, { model, counts }] of rows.entries()) {
      const share = shares[j]![i] ?? 0
      if (share > 0)
        parts.push(
          bar(
            x + j * each,
            y(share),
            Math.max(1, each - 0.6),
            bottom - y(share),
            series(j),
            `${model}, ${name}: ${counts[i]} (${Math.round(share * 100)} %)`,
          ),
        )
    }
  }
  parts.push(line(left, bottom, width, bottom, 'axis'))
  return svg({ width, height, title, content: parts })
}

/** Mean score against length, in five groups of completions: a slope may be the judge's liking for long texts. */
export function lengthChart(
  label: string,
  summaries: readonly { model: string; summary: CriterionSummary }[],
): Html {
  const [width, height, left, top, bottom] = [300, 150, 34, 8, 122]
  const { min, max } = summaries[0]!.summary
  const points = summaries.flatMap(({ summary }) => summary.byLength)
  const longest = Math.max(1, ...points.map(({ words }) => words))
  const x = (words: number): number => left + (words / longest) * (width - left - 8)
  const y = (score: number): number => bottom - ((score - min) / (max - min)) * (bottom - top)
  const parts = [min, (min + max) / 2, max].map(
    score =>
      html`${line(left, y(score), width, y(score), 'grid')}${text(left - 6, y(score) + 4, formatNumber(score, score % 1 === 0 ? 0 : 1), 'end')}`,
  )
  for (const words of [0, longest / 2, longest])
    parts.push(text(x(words), bottom + 14, String(Math.round(words)), words === longest ? 'end' : 'middle'))
  parts.push(text((left + width) / 2, height - 1, 'words', 'middle'))
  for (const [j, { model, summary }] of summaries.entries()) {
    const path = summary.byLength.map(({ words, mean }) => `${r(x(words))},${r(y(mean))}`).join(' ')
    parts.push(html`<polyline points="${path}" class="curve ${series(j)}"/>`)
    for (const { words, mean, count } of summary.byLength)
      parts.push(
        html`<circle cx="${r(x(words))}" cy="${r(y(mean))}" r="3" class="dot ${series(j)}"><title>${`${model}: ${count} completions of about ${Math.round(words)} words, mean ${formatNumber(mean)}`}</title></circle>`,
      )
  }
  return svg({ width, height, title: `${label} by length`, content: parts })
}

/** Which color is which model. */
export function legend(models: readonly { name: string }[]): Html {
  if (models.length < 2) return html``
  const items = models.map(({ name }, i) => html`<li><span class="swatch ${series(i)}"></span>${name}</li>`)
  return html`<ul class="legend">${items}</ul>`
}
