import type { RecordFormat, Splitter } from './record-format.ts'
import type { ToStory } from './record-meaning.ts'

const newline = 0x0a

/** What stands between two stories of the published TinyStories text files, on a line of its own. */
export const defaultSeparator = '<|endoftext|>'

/**
 * Plain text.
 *
 * Without `separator`, stories end at `<|endoftext|>`, wherever it stands: it is not a text's own. With one, they end at
 * lines that consist of it; the empty string means blank lines. A file without any separator is one story: blank lines
 * separate paragraphs and stories alike in V1 files, so they cannot tell where a story ends.
 */
export function textFormat(separator: string | undefined, toStory: ToStory): RecordFormat {
  return {
    name: 'text',
    unit: 'story',
    splitter: () =>
      separator === undefined ? sequenceSplitter(defaultSeparator) : separatorLineSplitter(separator),
    parse: toStory,
  }
}

function sequenceSplitter(separator: string): Splitter {
  const wanted = new TextEncoder().encode(separator)
  let looked = 0
  return {
    scan(bytes, start, final) {
      const found = indexOfSequence(bytes, wanted, start + looked)
      if (found >= 0) {
        looked = 0
        return { from: start, to: found, next: found + wanted.length }
      }
      // The separator's beginning may be the last thing that came.
      looked = Math.max(0, bytes.length - start - wanted.length + 1)
      if (!final) return 'more'
      looked = 0
      return start === bytes.length ? 'end' : { from: start, to: bytes.length, next: bytes.length }
    },
  }
}

function separatorLineSplitter(separator: string): Splitter {
  const wanted = separator.trim()
  const decoder = new TextDecoder()
  const isSeparator = (bytes: Uint8Array, from: number, to: number): boolean =>
    // Most lines are longer than the separator with some white space around it.
    to - from <= 4 * wanted.length + 64 && decoder.decode(bytes.subarray(from, to)).trim() === wanted
  // Counted from `start`: where the line looked at begins, and how far its end was looked for.
  let line = 0
  let looked = 0
  return {
    scan(bytes, start, final) {
      while (start + line < bytes.length) {
        const from = start + line
        const end = bytes.indexOf(newline, start + looked)
        looked = bytes.length - start
        if (end < 0 && !final) return 'more'
        const to = end < 0 ? bytes.length : end
        const next = end < 0 ? bytes.length : end + 1
        if (isSeparator(bytes, from, to)) {
          line = looked = 0
          return { from: start, to: from, next }
        }
        line = looked = next - start
      }
      if (!final) return 'more'
      line = looked = 0
      return start === bytes.length ? 'end' : { from: start, to: bytes.length, next: bytes.length }
    },
  }
}

/** Index of the first occurrence of `wanted` in `bytes` from `from` on, or -1. */
export function indexOfSequence(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0]!
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    let same = 1
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++
    if (same === wanted.length) return at
  }
  return -1
}
