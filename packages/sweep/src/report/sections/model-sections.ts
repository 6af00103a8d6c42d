import type { ProbeResult } from '@tinystories/interpret/probes'
import type { SweepReport } from '../build-report.ts'
import type { ReportRow } from '../collect-rows.ts'
import { publishedHeads, publishedRows, reproductions } from '../published.ts'
import { type Block, percent, type Section } from './block.ts'

const kinds = ['grammar', 'facts', 'reasoning', 'context'] as const

/** Loss and probes of each model, beside the paper's loss. */
export function modelsSection({ rows }: SweepReport): Section {
  return {
    title: 'Models',
    blocks: [
      {
        type: 'text',
        text: 'Bits per byte is the number that compares with other work, whatever the vocabulary. Probes are shares of items, in percent with 95 % intervals, in which the model finds the right ending likelier than every wrong one. The paper trained on about 450 M tokens; its bits per byte are computed from its loss at 4.07 bytes a token.',
      },
      {
        type: 'table',
        label: 'Models',
        head: ['model', 'parameters', 'tokens', 'bits per byte', 'paper', ...kinds],
        rows: rows.map(({ cell, training, probes, failures }) => {
          const paper = publishedRows.find(
            each => !cell.instruct && each.hidden === cell.hidden && each.layers === cell.layers,
          )
          const [failure] = failures
          return [
            cell.name,
            training?.parameters.toLocaleString('en-US') ?? '-',
            training?.tokens.toLocaleString('en-US') ?? '-',
            training?.bitsPerByte.toFixed(3) ??
              (failure ? `failed in ${failure.stage}: ${failure.message}` : 'not done'),
            `${paper?.bitsPerByte ?? '-'}`,
            ...kinds.map(kind => (probes ? formatShare(probes[kind]) : '-')),
          ]
        }),
      },
      { type: 'figure', name: 'probes', label: 'Probes passed by hidden size and layers' },
    ],
  }
}

/** A share in percent with its interval, such as `71 (65 to 77)`. */
export function formatShare({
  items,
  accuracy,
  interval: [low, high],
}: Pick<ProbeResult, 'items' | 'accuracy' | 'interval'>): string {
  return items === 0 ? '-' : `${percent(accuracy)} (${percent(low)} to ${percent(high)})`
}

/** Scores by the judge or the estimate, beside the paper's and other reproductions. */
export function gradesSection({ rows }: SweepReport): Section {
  const graded = rows.filter(({ grades }) => grades !== undefined)
  const judges = [...new Set(graded.map(({ grades }) => grades!.judge))]
  const tables = judges.map((judge): Block => {
    const ofJudge = graded.filter(({ grades }) => grades!.judge === judge)
    const labels = [...new Set(ofJudge.flatMap(({ grades }) => grades!.criteria.map(({ label }) => label)))]
    return {
      type: 'table',
      label: judge === 'offline' ? 'Offline estimate' : `Scores by ${judge}`,
      head: ['model', ...labels, 'not graded'],
      rows: ofJudge.map(({ cell, grades }) => [
        cell.name,
        ...labels.map(label => {
          const criterion = grades!.criteria.find(each => each.label === label)
          return criterion ? formatScore(criterion) : '-'
        }),
        `${grades!.ungraded}`,
      ]),
    }
  })
  const lacking = rows.filter(({ grades, training }) => training !== undefined && grades === undefined)
  const number = (value: number | null): string => (value === null ? '-' : `${value}`)
  return {
    title: 'Evaluation results',
    blocks: [
      {
        type: 'text',
        text: 'Scores of different judges do not compare: neither with each other, nor with the offline estimate, which is made from the text alone and gives no score where it is not better than the length of the text. They are never mixed in one table. Intervals are of 95 %, clustered by prompt.',
      },
      ...tables,
      ...(graded.length === 0 ? [{ type: 'text', text: 'Nothing is graded yet.' } as const] : []),
      ...(graded.length > 0 && lacking.length > 0
        ? [
            {
              type: 'text',
              text: `Not graded: ${lacking.map(({ cell }) => cell.name).join(', ')}.`,
            } as const,
          ]
        : []),
      {
        type: 'table',
        label: "The paper's rows, graded by GPT-4",
        head: ['hidden x layers', 'loss', 'bits per byte', 'creativity', 'grammar', 'consistency', 'plot'],
        rows: publishedRows.map(row => [
          `${row.hidden} x ${row.layers}`,
          ...[row.loss, row.bitsPerByte, row.creativity, row.grammar, row.consistency, row.plot].map(number),
        ]),
      },
      {
        type: 'table',
        label: "Other people's reproductions",
        head: ['who', 'model', 'training', 'bits per byte', 'scores'],
        rows: reproductions.map(({ who, model, training, bitsPerByte, judged }) => [
          ...[who, model, training, number(bitsPerByte), judged],
        ]),
      },
    ],
  }
}

function formatScore({ mean, interval: [low, high] }: { mean: number; interval: readonly number[] }): string {
  return `${mean.toFixed(2)} (${low!.toFixed(2)} to ${high!.toFixed(2)})`
}

/** Models that differ in their heads alone. */
export function headsSection({ rows }: SweepReport): Section | undefined {
  const compared = rows.filter(row => rows.some(other => differsInHeads(row, other)))
  if (compared.length === 0) return undefined
  const sorted = [...compared].sort(
    ({ cell: a }, { cell: b }) => a.hidden - b.hidden || a.layers - b.layers || a.heads - b.heads,
  )
  return {
    title: 'Heads and layers',
    blocks: [
      {
        type: 'table',
        label: 'Heads and layers',
        head: ['hidden', 'layers', 'heads', 'seed', 'bits per byte', 'grammar', 'context'],
        rows: sorted.map(({ cell, training, probes }) => [
          ...[`${cell.hidden}`, `${cell.layers}`, `${cell.heads}`, `${cell.seed}`],
          training?.bitsPerByte.toFixed(3) ?? 'not done',
          ...(['grammar', 'context'] as const).map(kind => (probes ? formatShare(probes[kind]) : '-')),
        ]),
      },
      {
        type: 'table',
        label: "The paper's heads at hidden 768, graded by GPT-4",
        head: ['layers', 'heads', 'loss', 'grammar', 'creativity', 'consistency'],
        rows: publishedHeads.map(({ layers, heads, loss, grammar, creativity, consistency }) =>
          [layers, heads, loss, grammar, creativity, consistency].map(String),
        ),
      },
    ],
  }
}

function differsInHeads({ cell: a }: ReportRow, { cell: b }: ReportRow): boolean {
  return (
    a.heads !== b.heads &&
    a.hidden === b.hidden &&
    a.layers === b.layers &&
    a.tokens === b.tokens &&
    a.recipe === b.recipe &&
    a.data === b.data &&
    a.instruct === b.instruct &&
    a.learningRate === b.learningRate
  )
}
