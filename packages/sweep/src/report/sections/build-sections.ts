import type { SweepReport } from '../build-report.ts'
import { percent, type Section } from './block.ts'
import { gradesSection, headsSection, modelsSection } from './model-sections.ts'
import { answersSection, completionsSection, noveltySection } from './text-sections.ts'

/** The parts of a report in their order, for any renderer. */
export function buildSections(report: SweepReport): Section[] {
  const sections = [
    findingsSection(report),
    modelsSection(report),
    scalingSection(report),
    emergenceSection(report),
    gradesSection(report),
    headsSection(report),
    instructionSection(report),
    noveltySection(report),
    answersSection(report),
    missingSection(report),
    completionsSection(report),
  ]
  return sections.filter(section => section !== undefined)
}

function findingsSection({ findings }: SweepReport): Section {
  return {
    title: 'Findings of the paper',
    blocks: [
      { type: 'figure', name: 'main', label: 'Loss against compute, and context probes by size' },
      {
        type: 'text',
        text: "A finding is supported or contradicted when its effect has the right or the wrong sign and its p-value, corrected by Holm's method over all findings tested, is below 0.05.",
      },
      {
        type: 'table',
        label: 'Findings',
        head: ['finding', 'test', 'evidence', 'verdict', 'it would take'],
        verdictColumn: 3,
        rows: findings.map(({ statement, test, evidence, verdict, wanted }) => [
          ...[statement, test, evidence || 'not tested', verdict, wanted],
        ]),
      },
    ],
  }
}

function scalingSection({ scaling }: SweepReport): Section {
  const text = scaling
    ? `Bits per byte = ${scaling.factor.toPrecision(3)} x FLOPs^${scaling.exponent.toFixed(3)} (95 % interval of the exponent ${scaling.low.toFixed(3)} to ${scaling.high.toFixed(3)}, R² ${scaling.rSquared.toFixed(3)}). The cross is where a model of 20 tokens a parameter lies, by C = 6 N D.`
    : 'A power law needs at least four trained models.'
  return {
    title: 'Scaling',
    blocks: [
      { type: 'figure', name: 'scaling', label: 'Bits per byte against training FLOPs' },
      { type: 'text', text },
    ],
  }
}

function emergenceSection({ rows }: SweepReport): Section | undefined {
  if (rows.every(({ emergence }) => emergence === undefined)) return undefined
  return {
    title: 'Emergence during training',
    blocks: [{ type: 'figure', name: 'emergence', label: 'Probes passed by tokens seen' }],
  }
}

function instructionSection({ rows }: SweepReport): Section | undefined {
  const instructed = rows.filter(({ instruction }) => instruction !== undefined)
  if (instructed.length === 0) return undefined
  return {
    title: 'Following instructions',
    blocks: [
      {
        type: 'table',
        label: 'Words asked for that are used',
        head: ['model', 'layers', 'words used', 'share, %', 'words of another instruction used, %'],
        rows: instructed.map(({ cell, instruction }) => {
          const { used, asked, usedByChance } = instruction!
          return [
            ...[cell.name, `${cell.layers}`, `${used} of ${asked}`],
            ...[percent(used / asked), percent(usedByChance / asked)],
          ]
        }),
      },
    ],
  }
}

function missingSection({ missing, rows }: SweepReport): Section | undefined {
  if (missing.length === 0) return undefined
  const failures = rows.flatMap(({ cell, failures }) =>
    failures.map(({ stage, message }) => [cell.name, stage, message]),
  )
  return {
    title: 'Missing',
    blocks: [
      {
        type: 'table',
        label: 'Stages without a result',
        head: ['model', 'not done'],
        rows: missing.map(({ cell, stages }) => [cell, stages.join(', ')]),
      },
      ...(failures.length === 0
        ? []
        : [
            {
              type: 'table' as const,
              label: 'Stages that failed',
              head: ['model', 'stage', 'why'],
              rows: failures,
            },
          ]),
    ],
  }
}
