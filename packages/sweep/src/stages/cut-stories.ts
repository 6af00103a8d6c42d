import type { SourceAccess } from '@tinystories/pipeline'
import { openTextOrTokens } from '@tinystories/pipeline'
import type { Cell } from '../spec/expand-cells.ts'
import type { SweepSpec } from '../spec/sweep-spec.ts'
import { dataOf } from './stage-options.ts'

/** The first part of a training story, and how it goes on there. */
export interface CutStory {
  text: string
  reference: string
}

/** Shorter stories leave nothing to compare. */
const fewestWords = 20
/** Longest first part in characters, so that it fits a small context. */
const longest = 400

/** The first training stories of a cell, each cut between two words at 40 % of its length, as in the paper. */
export async function cutStories(
  cell: Cell,
  { spec, access }: { spec: SweepSpec; access: SourceAccess | undefined },
  signal: AbortSignal,
): Promise<CutStory[]> {
  const cut: CutStory[] = []
  if (spec.continuations === 0) return cut
  const stories = openTextOrTokens(dataOf(cell, spec), undefined, {}, access ?? {})
  for await (const story of stories.iterate({ signal })) {
    if (!('text' in story)) continue
    const { text } = story
    const words = [...text.matchAll(/\S+/g)]
    if (words.length < fewestWords) continue
    const last = words.findLast(({ index }) => index <= Math.min(0.4 * text.length, longest))!
    const at = last.index + last[0].length
    cut.push({ text: text.slice(0, at), reference: text.slice(at) })
    if (cut.length === spec.continuations) break
  }
  return cut
}
