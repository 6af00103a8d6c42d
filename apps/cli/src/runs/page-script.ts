/** Draws the curves with uPlot and answers the controls. */
export const pageScript = `
const runs = JSON.parse(document.getElementById('runs').textContent)
// Eight colors that color-blind readers can distinguish, clear on white and on black.
const colors = ['#3b82c4', '#d9603b', '#2a9d6f', '#b5569c', '#c79a1b', '#6f6fd8', '#4aa7b5', '#9a7b5b']
const color = i => colors[i % colors.length]
const get = id => document.getElementById(id)
for (const swatch of document.querySelectorAll('[data-swatch]')) swatch.style.background = color(swatch.dataset.swatch)
const boxes = [...document.querySelectorAll('[data-run]')]
let chart

function smooth(values, weight) {
  let mean
  return values.map(value => (mean = mean === undefined ? value : mean * weight + value * (1 - weight)))
}

// 1500000 -> 1.5 M
function short(value) {
  if (value >= 1e6) return Number((value / 1e6).toPrecision(4)) + ' M'
  return value >= 1e4 ? Number((value / 1e3).toPrecision(4)) + ' k' : String(Number(value.toPrecision(6)))
}

function size() {
  const width = get('chart').clientWidth - 16
  return { width, height: Math.max(260, Math.min(460, width * 0.5)) }
}

function draw() {
  const figure = get('figure').value
  const axis = get('axis').value
  const weight = Number(get('smoothing').value)
  const shown = runs.map((run, i) => ({ run, i })).filter(({ i }) => boxes[i].checked)
  const tables = []
  const series = [{ label: axis }]
  for (const { run, i } of shown) {
    if (run.training.step.length === 0) continue
    tables.push([run.training[axis], smooth(run.training[figure], weight)])
    series.push({ label: run.name, stroke: color(i), width: 1.75, spanGaps: true, points: { show: false } })
    if (run.heldOut[figure] && run.heldOut[figure].length > 0) {
      tables.push([run.heldOut[axis], run.heldOut[figure]])
      series.push({ label: run.name + ', held out', stroke: color(i), width: 0, paths: () => null, points: { show: true, size: 7, fill: color(i) } })
    }
  }
  if (chart) chart.destroy()
  chart = undefined
  get('nothing').hidden = tables.length > 0
  if (tables.length === 0) {
    get('nothing').textContent = shown.length === 0 ? 'Choose a run in the table below.' : 'No step has been made yet.'
    return
  }
  const { color: text, borderTopColor: line } = getComputedStyle(get('chart'))
  const logarithmic = figure === 'learningRate' || figure === 'gradientNorm'
  const all = tables.flatMap(table => table[1]).filter(Number.isFinite).sort((a, b) => a - b)
  // The first steps of a loss would flatten everything after them.
  const high = all[Math.min(all.length - 1, Math.floor(all.length * 0.985))]
  const named = id => get(id).selectedOptions[0].textContent
  const font = '13px system-ui, sans-serif'
  const axes = [0, 1].map(i => ({ label: named(i ? 'figure' : 'axis'), labelFont: font, labelSize: 22, font, stroke: text,
    grid: { stroke: line, width: 1 }, ticks: { stroke: line }, size: i ? 66 : 36, ...(i ? {} : { values: (u, splits) => splits.map(short) }) }))
  const y = logarithmic || figure === 'tokensPerSecond' ? { distr: logarithmic ? 3 : 1 } : { range: (u, from, to) => [from, Math.min(to, high * 1.02)] }
  chart = new uPlot(
    { ...size(), series, axes, scales: { x: { time: false }, y }, cursor: { drag: { x: true, y: false } } },
    tables.length === 1 ? tables[0] : uPlot.join(tables),
    get('chart'),
  )
}

for (const element of [get('figure'), get('axis'), get('smoothing'), ...boxes]) element.addEventListener('input', draw)
get('reset').addEventListener('click', draw)
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw)
draw()
let drawnAt = size().width
new ResizeObserver(() => {
  if (size().width === drawnAt) return
  drawnAt = size().width
  if (chart) chart.setSize(size())
}).observe(get('chart'))
`
