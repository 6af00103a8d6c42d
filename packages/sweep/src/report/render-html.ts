import { createHash } from 'node:crypto'
import type { SweepReport } from './build-report.ts'
import { publishedRows } from './published.ts'
import { formatShare } from './render-markdown.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2330}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #dde2ea;vertical-align:top}
.supported{color:#176b34}.contradicted{color:#a3261d}.undecided{color:#6b7280}blockquote{margin:1rem 0;padding-left:1rem;border-left:3px solid #c5ccd8}
.scroll{overflow-x:auto}svg{max-width:100%;height:auto}`

/** Markup that is already safe. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** A template whose values are escaped unless they are {@link Html}; lists are joined. */
function html(parts: TemplateStringsArray, ...values: (string | number | Html | readonly Html[])[]): Html {
  const safe = values.map(value => {
    if (value instanceof Html) return value.text
    if (typeof value === 'object') return value.map(({ text }) => text).join('')
    return escapeHtml(String(value))
  })
  return new Html(parts.map((part, at) => part + (safe[at] ?? '')).join(''))
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, each => escapes[each]!)

/**
 * The report as one page that needs nothing else and runs no script.
 *
 * @param figure the scaling figure as SVG, of this package
 */
export function renderSweepHtml({ name, rows, findings, missing }: SweepReport, figure: string): string {
  const hash = createHash('sha256').update(style).digest('base64')
  const kinds = ['grammar', 'facts', 'reasoning', 'context'] as const
  const prompts = rows.find(row => row.completions)?.completions?.filter(({ trial }) => trial === 0) ?? []
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">
<title>${name}</title>
<style>${new Html(style)}</style>
<main>
<h1>${name}</h1>
<p>Bits per byte is the number that compares with other work, whatever the vocabulary. Probes are shares of items in which the model finds the right ending likelier than every wrong one, in percent with 95 % intervals.</p>
<h2>Models</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Models"><table>
<tr><th scope="col">model<th scope="col">parameters<th scope="col">tokens<th scope="col">bits per byte<th scope="col">paper${kinds.map(kind => html`<th scope="col">${kind}`)}</tr>
${rows.map(({ cell, training, probes, failures }) => {
  const paper = publishedRows.find(({ hidden, layers }) => hidden === cell.hidden && layers === cell.layers)
  return html`<tr><th scope="row">${cell.name}<td>${training?.parameters.toLocaleString('en-US') ?? '-'}<td>${training?.tokens.toLocaleString('en-US') ?? '-'}<td>${training?.bitsPerByte.toFixed(3) ?? (failures.length > 0 ? `failed: ${failures[0]!.message}` : 'not done')}<td>${paper?.bitsPerByte ?? '-'}${kinds.map(kind => html`<td>${probes ? formatShare(probes[kind]) : '-'}`)}</tr>
`
})}</table></div>
<h2>Scaling</h2>
${new Html(figure)}
<h2>Findings of the paper</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Findings"><table>
<tr><th scope="col">finding<th scope="col">test<th scope="col">evidence<th scope="col">verdict</tr>
${findings.map(
  ({ statement, test, evidence, verdict, wanted }) =>
    html`<tr><td>${statement}<td>${test}<td>${evidence || 'not tested'}<td class="${verdict}">${verdict}${wanted === '' ? '' : `. It would take: ${wanted}`}</tr>
`,
)}</table></div>
<h2>Completions</h2>
${prompts.slice(0, 5).map(
  ({ promptId, prompt }) => html`<blockquote>${prompt}</blockquote>
<dl>${rows.flatMap(({ cell, completions }) => {
    const found = completions?.find(each => each.promptId === promptId && each.trial === 0)
    return found ? [html`<dt>${cell.name}<dd dir="auto">${found.text.trim()}`] : []
  })}</dl>
`,
)}
${missing.length === 0 ? '' : html`<h2>Missing</h2><p>These cells have no result yet: ${missing.join(', ')}.</p>`}
</main>
</html>
`.text
}
