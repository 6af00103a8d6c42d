import type { Allocate } from '../memory/arena.ts'
import type { Vocabulary } from '../models/vocabulary.ts'
import { Encoding, FIRST, NO_WORD, type Positions, SECOND, TEMPLATE } from './encoding.ts'
import type { Template, TemplateStep } from './template.ts'
import type { TokenRange } from './truncation.ts'

/** Tokens of one or two texts as the encoder left them, end to end. */
export interface EncodedTexts {
  ids: Int32Array
  positions: Positions | undefined
  /** What added tokens took from the texts, by their places in the arrays. */
  added: ReadonlyMap<number, string>
  /** Where each text's tokens begin in the arrays. */
  begins: readonly number[]
}

/** Puts a part of each text into the template's places. */
export function assemble(
  vocabulary: Vocabulary,
  texts: EncodedTexts,
  steps: readonly TemplateStep[],
  template: Template,
  /** Parts of the texts that are kept; the others overflow. */
  kept: readonly TokenRange[],
  parts: readonly TokenRange[],
  allocate: Allocate,
  overflowing?: readonly Encoding[],
): Encoding {
  let length = 0
  for (const step of steps) {
    if ('ids' in step) length += step.ids.length
    else length += parts[step.text]![1] - parts[step.text]![0]
  }
  const ids = allocate(length)
  const runs: number[] = []
  let positions: Positions | undefined
  if (texts.positions !== undefined) {
    positions = { starts: allocate(length), ends: allocate(length), words: allocate(length) }
  }
  let at = 0
  for (const step of steps) {
    if ('ids' in step) {
      ids.set(step.ids, at)
      positions?.words.fill(NO_WORD, at, at + step.ids.length)
      runs.push(TEMPLATE, step.ids.length, step.typeId)
      at += step.ids.length
      continue
    }
    const begin = texts.begins[step.text]!
    const from = begin + parts[step.text]![0]
    const to = begin + parts[step.text]![1]
    ids.set(texts.ids.subarray(from, to), at)
    if (positions !== undefined) {
      positions.starts.set(texts.positions!.starts.subarray(from, to), at)
      positions.ends.set(texts.positions!.ends.subarray(from, to), at)
      positions.words.set(texts.positions!.words.subarray(from, to), at)
    }
    const { trim } = template
    if (trim !== undefined && positions !== undefined) {
      for (let i = 0; i < to - from; i++) {
        const token = texts.added.get(from + i) ?? vocabulary.token(ids[at + i]!)!
        const range = trim(token, i, positions.starts[at + i]!, positions.ends[at + i]!)
        positions.starts[at + i] = range[0]
        positions.ends[at + i] = range[1]
      }
    }
    const isKept = parts[step.text] === kept[step.text]
    const typeId = isKept || template.typesOverflow ? step.typeId : step.text
    runs.push(step.text === 0 ? FIRST : SECOND, to - from, typeId)
    at += to - from
  }
  return new Encoding(vocabulary, ids, runs, positions, overflowing)
}

/**
 * Every way to combine the parts of the texts but the kept ones, in the Rust library's order: what overflows of the
 * text that the template puts first with each part of the other, then the first one's kept part with what overflows of
 * the other.
 */
export function overflowingParts(
  parts: readonly (readonly TokenRange[])[],
  steps: readonly TemplateStep[],
): TokenRange[][] {
  const [text, pair] = parts as [TokenRange[], TokenRange[] | undefined]
  if (pair === undefined) return text.slice(1).map(part => [part])
  const isSwapped = steps.find(step => 'text' in step)?.text === 1
  const [first, second] = isSwapped ? [pair, text] : [text, pair]
  const [kept, ...rest] = first
  return [
    ...rest.flatMap(part => second.map(other => [part, other])),
    ...second.slice(1).map(other => [kept!, other]),
  ].map(combination => (isSwapped ? combination.reverse() : combination))
}
