import type { ProbeKind, ProbeResult } from '@tinystories/interpret/probes'
import type { ReportRow, RowGrades } from '../report/collect-rows.ts'
import type { Cell } from '../spec/expand-cells.ts'

const kinds: readonly ProbeKind[] = ['grammar', 'facts', 'reasoning', 'context']

/** What a made-up row differs in. */
export interface RowNumbers {
  /** How many of 200 items of each kind the model passes. Default 100, which is chance. */
  passed?: Partial<Record<ProbeKind, number>>
  training?: Partial<ReportRow['training']>
  cell?: Partial<Cell>
  /** Scores of 20 prompts by criterion, on a scale from 1 to 10. */
  scores?: Record<string, (prompt: number) => number>
  instruction?: { used: number; asked: number }
}

/** A row with made-up numbers. */
export function reportRow(hidden: number, layers: number, numbers: RowNumbers = {}): ReportRow {
  const { passed = {}, training = {}, scores } = numbers
  const cell: Cell = {
    ...{ name: `h${hidden}-l${layers}`, hidden, layers, heads: 4, seed: 1, tokens: 1000 },
    ...{ learningRate: null, recipe: null, data: null, instruct: false },
    ...numbers.cell,
  }
  const probe = (kind: ProbeKind): ProbeResult => {
    const count = passed[kind] ?? 100
    return {
      ...{ kind, phenomenon: kind, items: 200, passed: count, skipped: 0, accuracy: count / 200 },
      ...{ interval: [0, 1], chance: 0.5 },
    }
  }
  return {
    cell,
    tasks: {},
    prepared: undefined,
    training: {
      ...{ parameters: 1000, coreParameters: 500, tokens: cell.tokens, steps: 10, flops: 1e9 },
      ...{ bitsPerByte: 1, loss: 2, accuracy: 0.3 },
      ...training,
    },
    probes: Object.fromEntries(kinds.map(kind => [kind, probe(kind)])) as ReportRow['probes'],
    phenomena: undefined,
    emergence: [100, 200, 1000].map(tokens => ({
      ...{ step: tokens / 100, tokens, bitsPerByte: 2 },
      probes: { ...{ grammar: half, facts: half, reasoning: half, context: half } },
    })),
    completions: [{ promptId: 'a', mode: 'greedy', trial: 0, text: ' upon a time.' }],
    answers: [{ promptId: 'factual-1', text: 'lamp', answer: 'right' }],
    continuations: undefined,
    measures: undefined,
    grades: scores && grades(scores),
    instruction: numbers.instruction && { usedByChance: 5, stories: [], ...numbers.instruction },
    failures: [],
  }
}

const half = { passed: 100, items: 200 }

function grades(scores: Record<string, (prompt: number) => number>): RowGrades {
  const gradings = Array.from({ length: 20 }, (_, prompt) => ({
    ...{ promptId: `p${prompt}`, trial: 0 },
    scores: Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score(prompt)])),
  }))
  const criteria = Object.keys(scores).map(name => ({
    ...{ name, label: name, min: 1, max: 10, mean: 5, interval: [4, 6] as const },
  }))
  return { judge: 'test-judge', rubricVersion: '1', criteria, gradings, ungraded: 0 }
}
