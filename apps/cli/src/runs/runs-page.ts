import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Html, html, trustedHtml } from '@tinystories/utils/html'
import { formatDuration } from '../terminal/progress.ts'
import { jsonForScript, policyHash } from './page-policy.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import type { RunSummary } from './read-run.ts'

/**
 * One page with everything in it, the chart library included: no network, nothing beside it. Its content security policy
 * allows its own scripts and style by their hashes and nothing else.
 */
export async function runsPage(runs: readonly RunSummary[]): Promise<string> {
  const require = createRequire(import.meta.url)
  const library = await readFile(require.resolve('uplot/dist/uPlot.iife.min.js'), 'utf8')
  const style = (await readFile(require.resolve('uplot/dist/uPlot.min.css'), 'utf8')) + pageStyle
  const policy = [
    "default-src 'none'",
    `script-src ${policyHash(library)} ${policyHash(pageScript)}`,
    `style-src ${policyHash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const differing = differingSettings(runs)
  const samples = runs.map(samplesOf).filter(each => each !== undefined)
  return String(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${runs.length === 1 ? runs[0]!.name : `${runs.length} runs`}</title>
<style>${trustedHtml(style)}</style>
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
<thead><tr><th scope="col">Run</th><th scope="col">Held out, bits/byte</th><th scope="col">Best during training</th><th scope="col">Parameters</th><th scope="col">Steps</th><th scope="col">Tokens</th><th scope="col">Time</th>${differing.map(name => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${runs.map((run, i) => row(run, i, differing))}
</tbody>
</table></div>
</section>
${samples.length === 0 ? '' : html`<section aria-label="Stories">\n<h2>Sample stories</h2>\n${samples}\n</section>`}
<script>${trustedHtml(library)}</script>
<script id="runs" type="application/json">${jsonForScript(runs.map(({ name, training, heldOut }) => ({ name, training, heldOut })))}</script>
<script>${trustedHtml(pageScript)}</script>
</body>
</html>
`)
}

/** Names of the settings in which the runs differ. */
function differingSettings(runs: readonly RunSummary[]): string[] {
  const names = new Set(runs.flatMap(({ settings }) => Object.keys(settings)))
  return [...names].filter(name => new Set(runs.map(({ settings }) => settings[name])).size > 1)
}

function row(run: RunSummary, i: number, differing: readonly string[]): Html {
  const figures = [
    run.score?.bitsPerByte.toFixed(3),
    run.bestBitsPerByte?.toFixed(3),
    run.parameters.toLocaleString('en'),
    run.steps.toLocaleString('en'),
    run.tokens.toLocaleString('en'),
    formatDuration(run.seconds),
  ]
  return html`<tr><th scope="row"><label><input type="checkbox" data-run="${i}" checked><span class="swatch" data-swatch="${i}"></span>${run.name}</label></th>${figures.map(figure => html`<td class="number">${figure ?? '–'}</td>`)}${differing.map(name => html`<td>${run.settings[name] ?? '–'}</td>`)}</tr>\n`
}

function samplesOf({ name, samples, story }: RunSummary): Html | undefined {
  const entries = [
    ...samples.map(({ step, text }) => html`<dt>Step ${step.toLocaleString('en')}</dt><dd>${text}</dd>`),
    ...(story === undefined ? [] : [html`<dt>At the end</dt><dd>${story}</dd>`]),
  ]
  if (entries.length === 0) return undefined
  const open = samples.length === 0 ? trustedHtml(' open') : ''
  return html`<details${open}><summary>${name}</summary><dl>${entries}</dl></details>\n`
}
