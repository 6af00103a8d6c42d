import type { SweepReport } from '../build-report.ts'
import { draw } from './draw.ts'
import { noveltyCharts } from './novelty-charts.ts'
import { emergenceCharts, probeCharts } from './probe-chart.ts'
import { scalingChart } from './scaling-chart.ts'

/** The pictures of a report as SVG; one is empty while nothing is there to show. */
export interface SweepFigures {
  /** Loss against compute, and probes by size: what a reader should see first. */
  main: string
  scaling: string
  /** Probe shares by hidden size and layers. */
  probes: string
  /** Probe shares during training. */
  emergence: string
  /** The four histograms of diversity and novelty. */
  novelty: string
}

/** Draws a report's pictures; the same report gives the same pictures. */
export async function drawFigures(report: Pick<SweepReport, 'rows' | 'scaling'>): Promise<SweepFigures> {
  const scaling = scalingChart(report)
  const probes = probeCharts(report.rows)
  const emergence = emergenceCharts(report.rows)
  const novelty = noveltyCharts(report.rows)
  const context = probes.at(-1)
  const shared = { columns: 4, legend: 'shared' } as const
  const beside = { columns: 2, legend: 'independent' } as const
  return {
    main: scaling && context ? await draw([scaling, { ...context, width: 280, height: 280 }], beside) : '',
    scaling: scaling ? await draw([scaling], beside) : '',
    probes: probes.length > 0 ? await draw(probes, shared) : '',
    emergence: emergence.length > 0 ? await draw(emergence, shared) : '',
    novelty: novelty.length > 0 ? await draw(novelty, beside) : '',
  }
}
