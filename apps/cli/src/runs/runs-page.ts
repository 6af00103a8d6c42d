import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { formatDuration } from '../terminal/progress.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import type { RunSummary } from './read-run.ts'

/** One page with everything in it, the chart library included: no network, nothing beside it. */
export async function runsPage(runs: readonly RunSummary[]): Promise<string> {
  const require = createRequire(import.meta.url)
  const library = await readFile(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
  const libraryStyle = await readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8')
  // Within a script no text may look like its end.
  const shown = runs.map(({ name, training, heldOut }) => ({ name, training, heldOut }))
  const data = JSON.stringify(shown).replaceAll('<', '\\u003c')
  const differing = differingSettings(runs)
  const samples = runs
    .map(stories)
    .filter(html => html !== '')
    .join('\n')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${runs.length === 1 ? escapeHtml(runs[0]!.name) : `${runs.length} runs`}</title>
<style>${libraryStyle}${pageStyle}</style>
</head>
<body>
<h1>${runs.length === 1 ? 'One run' : `${runs.length} runs`}</h1>
<section aria-label="Curves">
<form id="controls">
<label>Figure <select id="figure">
<option value="bitsPerByte">bits per byte</option>
<option value="loss">loss, nats a token</option>
<option value="tokensPerSecond">tokens a second</option>
<option value="learningRate">learning rate</option>
<option value="gradientNorm">gradient norm</option>
</select></label>
<label>by <select id="axis">
<option value="step">step</option><option value="tokens">tokens</option><option value="minutes">minutes</option>
</select></label>
<label>Smoothing <input id="smoothing" type="range" min="0" max="0.98" step="0.02" value="0.8"></label>
<button type="button" id="reset">Whole range</button>
</form>
<div id="chart" role="img" aria-label="Curves of the runs; the table below has the figures"><p id="nothing" class="soft" hidden></p></div>
<p class="soft">Lines are training, dots are held-out stories. Drag across the chart to zoom; double-click, or “Whole range”, to see all.</p>
</section>
<section aria-label="Runs">
<div class="scroll"><table>
<thead><tr><th scope="col">Run</th><th scope="col">Held out, bits/byte</th><th scope="col">Best on the way</th><th scope="col">Parameters</th><th scope="col">Steps</th><th scope="col">Tokens</th><th scope="col">Time</th>${differing.map(name => `<th scope="col">${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>
${runs.map((run, i) => row(run, i, differing)).join('\n')}
</tbody>
</table></div>
</section>
${samples === '' ? '' : `<section aria-label="Stories">\n<h2>Sample stories</h2>\n${samples}\n</section>`}
<script>${library}</script>
<script id="runs" type="application/json">${data}</script>
<script>${pageScript}</script>
</body>
</html>
`
}

/** Names of the settings in which the runs differ. */
function differingSettings(runs: readonly RunSummary[]): string[] {
  const names = new Set(runs.flatMap(({ settings }) => Object.keys(settings)))
  return [...names].filter(name => new Set(runs.map(({ settings }) => settings[name])).size > 1)
}

function row(run: RunSummary, i: number, differing: readonly string[]): string {
  const figures = [
    run.score?.bitsPerByte.toFixed(3),
    run.bestOnTheWay?.toFixed(3),
    run.parameters.toLocaleString('en'),
    run.steps.toLocaleString('en'),
    run.tokens.toLocaleString('en'),
    formatDuration(run.seconds),
  ]
  return `<tr><th scope="row"><label><input type="checkbox" data-run="${i}" checked><span class="swatch" data-swatch="${i}"></span>${escapeHtml(run.name)}</label></th>${figures.map(figure => `<td class="number">${figure ?? '–'}</td>`).join('')}${differing.map(name => `<td>${escapeHtml(run.settings[name] ?? '–')}</td>`).join('')}</tr>`
}

function stories(run: RunSummary): string {
  const samples = run.samples.map(
    ({ step, text }) => `<dt>Step ${step.toLocaleString('en')}</dt><dd>${escapeHtml(text)}</dd>`,
  )
  if (run.story !== undefined) samples.push(`<dt>At the end</dt><dd>${escapeHtml(run.story)}</dd>`)
  if (samples.length === 0) return ''
  return `<details${run.samples.length === 0 ? ' open' : ''}><summary>${escapeHtml(run.name)}</summary><dl>${samples.join('')}</dl></details>`
}

function escapeHtml(text: string): string {
  return text.replace(/[<>&"]/g, c => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' })[c]!)
}
