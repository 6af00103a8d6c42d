import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

/** A chart that may stand beside others. */
export type Chart = Extract<TopLevelSpec, { hconcat: unknown }>['hconcat'][number]

/**
 * Draws charts side by side as one SVG. The same charts give the same text.
 *
 * @param legend `shared` when colors mean the same in all charts
 */
export async function draw(
  charts: Chart[],
  { columns, legend }: { columns: number; legend: 'shared' | 'independent' },
): Promise<string> {
  const resolve = { scale: { color: legend, size: legend } }
  const rows = Array.from({ length: Math.ceil(charts.length / columns) }, (_, at) => ({
    hconcat: charts.slice(at * columns, (at + 1) * columns),
    resolve,
  }))
  const spec: TopLevelSpec = {
    background: 'white',
    padding: 8,
    vconcat: rows,
    resolve,
    config: {
      view: { stroke: '#dde2ea' },
      axis: { gridColor: '#eef1f5', labelColor: '#3d4656', titleColor: '#1c2330' },
    },
  }
  const view = new View(parse(compile(spec).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

/** A quantitative scale that is logarithmic and keeps its ends free. */
export const logarithmic = { type: 'log', nice: false, padding: 20 } as const
