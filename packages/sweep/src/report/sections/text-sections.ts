import type { ShareSummary } from '@tinystories/grader/measures'
import { answerPrompts } from '@tinystories/grader/measures'
import type { DecodingMode } from '../../stages/generate-stage.ts'
import type { SweepReport } from '../build-report.ts'
import { mainRows, type ReportRow } from '../collect-rows.ts'
import { type Block, percent, type Section } from './block.ts'

/** Characters of a completion that a report shows. */
const longestShown = 600
/** Prompts that are shown in full; the rest is in the JSON. */
const shownPrompts = 60

const modes: readonly { mode: DecodingMode; name: string }[] = [
  { mode: 'greedy', name: 'greedy' },
  { mode: 'beams', name: 'beams' },
  { mode: 'sampled', name: 'sampled' },
]

/** One row of each shape, so that seeds do not repeat everything. */
function shownRows(rows: readonly ReportRow[]): ReportRow[] {
  const seen = new Set<string>()
  return mainRows(rows).filter(({ cell: { hidden, layers } }) => {
    const shape = `${hidden} x ${layers}`
    if (seen.has(shape)) return false
    seen.add(shape)
    return true
  })
}

/** What the models wrote after the same prompts, side by side. */
export function completionsSection({ rows, prompts }: SweepReport): Section {
  const shown = shownRows(rows).filter(({ completions }) => completions !== undefined)
  const blocks = prompts.slice(0, shownPrompts).flatMap(({ id, text }): Block[] => {
    const texts = shown.flatMap(({ cell, completions }) =>
      modes.flatMap(({ mode, name }) => {
        const found = completions!.find(each => each.promptId === id && each.mode === mode)
        return found ? [{ name: `${cell.hidden} x ${cell.layers}, ${name}`, text: cut(found.text) }] : []
      }),
    )
    return texts.length === 0
      ? []
      : [{ type: 'completions', prompt: text ?? `(${id} of the prompt file)`, texts }]
  })
  return {
    title: 'Completions',
    blocks: blocks.length > 0 ? blocks : [{ type: 'text', text: 'None yet.' }],
  }
}

/** Prompts that have right and wrong ways to go on: the answers, and how many are right. */
export function answersSection({ rows }: SweepReport): Section | undefined {
  const shown = shownRows(rows).filter(({ answers }) => answers !== undefined)
  if (shown.length === 0) return undefined
  const kindOf = new Map(answerPrompts.map(({ id, kind }) => [id, kind]))
  const kinds = ['factual', 'reasoning', 'context'] as const
  const names = shown.map(({ cell }) => `${cell.hidden} x ${cell.layers}`)
  const marks = { right: '✓', wrong: '✗', unknown: '?' }
  return {
    title: 'Facts, reasoning and context tracking',
    blocks: [
      {
        type: 'table',
        label: 'Right answers by beam search, in percent',
        head: ['model', ...kinds],
        rows: shown.map(({ answers }, at) => [
          names[at]!,
          ...kinds.map(kind => {
            const ofKind = answers!.filter(({ promptId }) => kindOf.get(promptId) === kind)
            const right = ofKind.filter(({ answer }) => answer === 'right').length
            return ofKind.length === 0
              ? '-'
              : `${percent(right / ofKind.length)} (${right} of ${ofKind.length})`
          }),
        ]),
      },
      ...answerPrompts.map(({ id, prompt }): Block => {
        const texts = shown.flatMap(({ answers }, at) => {
          const found = answers!.find(({ promptId }) => promptId === id)
          return found
            ? [{ name: `${names[at]} ${marks[found.answer]}`, text: firstSentence(found.text) }]
            : []
        })
        return { type: 'completions', prompt, texts }
      }),
    ],
  }
}

/** How diverse and how new the models' texts are, as in the paper's section on memorization. */
export function noveltySection({ rows }: SweepReport): Section | undefined {
  const measured = shownRows(rows).filter(({ measures }) => measures?.continuations !== undefined)
  if (measured.length === 0) return undefined
  const mean = (summary: ShareSummary | undefined): string =>
    summary === undefined ? '-' : summary.mean.toFixed(2)
  return {
    title: 'Diversity and novelty',
    blocks: [
      {
        type: 'text',
        text: 'The first training stories, cut at 40 % and continued at temperature 1. R2p(a, b) is the share of the 2-grams of a that are in b; R2 is the harmonic mean of both ways.',
      },
      {
        type: 'table',
        label: 'Diversity and novelty',
        head: [
          ...['model', 'R2p with the original', 'highest R2 with another', 'highest R2p with a story'],
          ...['4-grams never in the corpus, %', '5-grams never, %', 'repeating a 4-gram, %'],
        ],
        rows: measured.map(({ cell, measures }) => {
          const { originalPrecision, among, corpusPrecision, frequencies, repeating } =
            measures!.continuations!
          const never = (k: number): string => {
            const row = frequencies?.find(each => each.k === k)
            return row === undefined || row.grams === 0 ? '-' : percent(row.never / row.grams)
          }
          return [
            `${cell.hidden} x ${cell.layers}`,
            ...[originalPrecision, among, corpusPrecision].map(mean),
            ...[never(4), never(5), percent(repeating)],
          ]
        }),
      },
      { type: 'figure', name: 'novelty', label: 'Four histograms of diversity and novelty' },
    ],
  }
}

const cut = (text: string): string =>
  text.trim().length > longestShown ? `${text.trim().slice(0, longestShown)}…` : text.trim()

const firstSentence = (text: string): string => /^[^.!?\n]*[.!?]?/.exec(text.trim())![0]
