import { createHash } from 'node:crypto'
import { type Html, html, trustedHtml } from '@tinystories/utils/html'
import type { SweepReport } from './build-report.ts'
import type { SweepFigures } from './figures/draw-figures.ts'
import type { Block } from './sections/block.ts'
import { buildSections } from './sections/build-sections.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2330}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde2ea;vertical-align:top}
.supported{color:#176b34}.contradicted{color:#a3261d}.undecided{color:#6b7280}details{margin:.5rem 0;padding-left:1rem;border-left:3px solid #c5ccd8}
.scroll{overflow-x:auto}caption{text-align:left;font-weight:600;padding:.5rem 0}figure{margin:1rem 0}th[scope=row]{font-weight:500}dt{font-weight:600}svg{max-width:100%;height:auto}`

/**
 * The report as one page that needs nothing else and runs no script.
 *
 * @param figures of this package: they are not escaped
 */
export function renderSweepHtml(report: SweepReport, figures: SweepFigures): string {
  const hash = createHash('sha256').update(style).digest('base64')
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<title>${report.name}</title>
<style>${trustedHtml(style)}</style>
<main>
<h1>${report.name}</h1>
${buildSections(report).map(
  ({ title, blocks }) => html`<h2>${title}</h2>
${blocks.map(block => render(block, figures))}`,
)}</main>
</html>
`.toString()
}

function render(block: Block, figures: SweepFigures): Html {
  switch (block.type) {
    case 'text':
      return html`<p>${block.text}</p>
`
    case 'figure':
      return figures[block.name] === ''
        ? trustedHtml('')
        : html`<figure aria-label="${block.label}">${trustedHtml(figures[block.name])}</figure>
`
    case 'table':
      return html`<div class="scroll" tabindex="0" role="region" aria-label="${block.label}"><table>
<caption>${block.label}</caption>
<tr>${block.head.map(name => html`<th scope="col">${name}`)}</tr>
${block.rows.map(
  row => html`<tr>${row.map((cell, at) => {
    if (at === 0) return html`<th scope="row">${cell}`
    return at === block.verdictColumn ? html`<td class="${cell}">${cell}` : html`<td>${cell}`
  })}</tr>
`,
)}</table></div>
`
    case 'completions':
      return html`<details><summary>${block.prompt}</summary>
<dl>${block.texts.map(({ name, text }) => html`<dt>${name}<dd dir="auto">${text}`)}</dl>
</details>
`
  }
}
