import type { SweepReport } from './build-report.ts'
import type { SweepFigures } from './figures/draw-figures.ts'
import type { Block } from './sections/block.ts'
import { buildSections } from './sections/build-sections.ts'

/** The report as Markdown; the figures are files beside it, such as `scaling.svg`. */
export function renderSweepMarkdown(report: SweepReport, figures: SweepFigures): string {
  const parts = [`# ${escapeMarkdown(report.name)}`]
  for (const { title, blocks } of buildSections(report)) {
    parts.push(`## ${title}`)
    for (const block of blocks) parts.push(...render(block, figures))
  }
  return `${parts.join('\n\n')}\n`
}

function render(block: Block, figures: SweepFigures): string[] {
  switch (block.type) {
    case 'text':
      return [escapeMarkdown(block.text)]
    case 'figure':
      return figures[block.name] === '' ? [] : [`![${block.label}](${block.name}.svg)`]
    case 'table': {
      const line = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`
      const rows = [line(block.head), line(block.head.map(() => '---')), ...block.rows.map(line)]
      return [`**${escapeMarkdown(block.label)}**`, rows.join('\n')]
    }
    case 'completions': {
      const lines = block.texts.map(
        ({ name, text }) => `- **${escapeMarkdown(name)}**: ${escapeMarkdown(text)}`,
      )
      return [`> ${escapeMarkdown(block.prompt)}`, lines.join('\n')]
    }
  }
}

/** Text of a model or a file, so that it cannot become markup. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/[\\`*_[\]#|]/g, '\\$&')
}
