import type { SweepFigures } from '../figures/draw-figures.ts'

/** A part of a report, for any renderer. Texts are plain: whatever models and files hold must be escaped. */
export type Block =
  | { type: 'text'; text: string }
  | { type: 'table'; label: string; head: string[]; rows: string[][]; verdictColumn?: number }
  | { type: 'figure'; name: keyof SweepFigures; label: string }
  /** What several models wrote after the same prompt. */
  | { type: 'completions'; prompt: string; texts: { name: string; text: string }[] }

/** A titled part of a report. */
export interface Section {
  title: string
  blocks: Block[]
}

/** Percent without its sign. */
export const percent = (share: number): string => (100 * share).toFixed(0)
