import { isOrdered, order } from './canonical-order.ts'
import { decompose, isMark } from './unicode.ts'

/** A character of a normalized text, and the range of the raw text that it stands for. */
export interface AlignedCharacter {
  /** One code point. */
  text: string
  from: number
  to: number
}

/** The string of some characters. */
export function textOf(characters: readonly AlignedCharacter[]): string {
  let text = ''
  for (const character of characters) text += character.text
  return text
}

/**
 * A character that takes the place of old ones: `change` is how many more there are than before. 0 replaces one,
 * 1 is inserted, -2 stands for three.
 */
interface Replacement {
  text: string
  change: number
}

/**
 * Gives new characters the ranges of the old ones as the Rust library does: in the order of the text, an inserted
 * one that of the character before it, and one that stands for several that of the first of them.
 */
function realign(old: readonly AlignedCharacter[], replacements: readonly Replacement[]): AlignedCharacter[] {
  let at = 0
  return replacements.map(({ text, change }) => {
    const range = change > 0 ? old[at - 1] : old[at]
    at += change > 0 ? 0 : 1 - change
    return { text, from: range?.from ?? 0, to: range?.to ?? 0 }
  })
}

/** Each character replaced by what `replace` makes of it, which may be several or none. */
export function mapCharacters(
  characters: readonly AlignedCharacter[],
  replace: (character: string) => string,
): AlignedCharacter[] {
  return characters.flatMap(({ text, from, to }) =>
    Array.from(replace(text), part => ({ text: part, from, to })),
  )
}

/** Lower case of each character by itself. */
export function lowercase(characters: readonly AlignedCharacter[]): AlignedCharacter[] {
  return mapCharacters(characters, text => text.toLowerCase())
}

/** Leaves out the combining marks. */
export function stripAccents(characters: readonly AlignedCharacter[]): AlignedCharacter[] {
  return characters.filter(({ text }) => !isMark(text.codePointAt(0)!))
}

/** One of the four normal forms of Unicode (UAX 15). */
export function normalForm(
  form: 'NFC' | 'NFD' | 'NFKC' | 'NFKD',
): (characters: readonly AlignedCharacter[]) => AlignedCharacter[] {
  return characters => {
    const parts = characters.flatMap(({ text }) => {
      const decomposed = form.startsWith('NFK') ? text.normalize('NFKD') : decompose(text.codePointAt(0)!)
      return Array.from(decomposed, (part, i) => ({ text: part, change: i === 0 ? 0 : 1 }))
    })
    const ordered = inOrder(parts)
    return realign(characters, form.endsWith('C') ? composed(ordered) : ordered)
  }
}

/** Canonical ordering: each run of marks by their combining classes, those of one class as they were. */
function inOrder(parts: readonly Replacement[]): Replacement[] {
  const ordered = [...parts]
  for (let from = 0; from < ordered.length; from++) {
    let to = from
    while (to < ordered.length && isOrdered(ordered[to]!.text)) to++
    const run = ordered.slice(from, to).sort((a, b) => order(a.text, b.text))
    for (const part of run) ordered[from++] = part
  }
  return ordered
}

/** Canonical composition: a mark joins the starter before it unless a mark of its own class stands between. */
function composed(parts: readonly Replacement[]): Replacement[] {
  const result: Replacement[] = []
  let starter = -1
  for (const part of parts) {
    const isMark = isOrdered(part.text)
    const before = result.length - 1
    const isNext = starter === before || (isMark && order(result[before]!.text, part.text) < 0)
    if (starter >= 0 && isNext) {
      const first = result[starter]!
      const together = (first.text + part.text).normalize('NFC')
      if ([...together].length === 1) {
        result[starter] = { text: together, change: first.change + part.change - 1 }
        continue
      }
    }
    if (!isMark) starter = result.length
    result.push(part)
  }
  return result
}
