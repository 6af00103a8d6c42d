import { windows1252Byte } from './windows-1252.ts'

/** Text as {@link repairEncoding} gives it back. */
export interface RepairedText {
  text: string
  /** Broken sequences that were replaced. */
  repaired: number
}

/** What cannot begin a broken sequence is skipped at the speed of the engine. */
const suspicious = /[\u00c2-\u00f4]/

/**
 * Repairs text that was UTF-8, was read as Windows-1252 and written as UTF-8 again, so that `“` became `â€œ`; also when that
 * happened several times over.
 *
 * A run of characters whose Windows-1252 bytes are well-formed UTF-8 is replaced by what they say if one of its
 * sequences begins with Â, Ã, â, ï or ð (Latin-1 letters, general punctuation, symbols, emoji), or if it has at least two
 * sequences. A single other one stays, since it may be meant: `café…”`. `â€` alone is read as `”`, whose third byte
 * Windows-1252 does not have, so that it was often dropped on the way. Text with other characters in between stays as
 * it is: only what is broken is touched.
 */
export function repairEncoding(text: string): RepairedText {
  let result = text
  let repaired = 0
  // Each round makes the text shorter.
  while (suspicious.test(result)) {
    const round = repairOnce(result)
    if (round.repaired === 0) break
    result = round.text
    repaired += round.repaired
  }
  return { text: result, repaired }
}

function repairOnce(text: string): RepairedText {
  let result = ''
  let copied = 0
  let repaired = 0
  let at = 0
  while (at < text.length) {
    const run = readRun(text, at)
    if (run.sequences === 0) {
      at++
      continue
    }
    if (run.conclusive || run.sequences > 1) {
      result += text.slice(copied, at) + run.text
      copied = run.end
      repaired += run.sequences
    }
    at = run.end
  }
  return { text: result + text.slice(copied), repaired }
}

interface Run {
  text: string
  end: number
  sequences: number
  conclusive: boolean
}

/** The sequences that stand one behind the other from `from` on. */
function readRun(text: string, from: number): Run {
  const run: Run = { text: '', end: from, sequences: 0, conclusive: false }
  for (;;) {
    const sequence = readSequence(text, run.end)
    if (sequence === undefined) return run
    run.text += sequence.char
    run.end += sequence.length
    run.sequences++
    run.conclusive ||= sequence.conclusive
  }
}

interface Sequence {
  char: string
  /** UTF-16 units that it takes. */
  length: number
  conclusive: boolean
}

function readSequence(text: string, at: number): Sequence | undefined {
  const lead = windows1252Byte(text.charCodeAt(at))
  if (lead < 0xc2 || lead > 0xf4) return undefined
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
  let code = lead & (0x7f >> length)
  for (let i = 1; i < length; i++) {
    const byte = at + i < text.length ? windows1252Byte(text.charCodeAt(at + i)) : -1
    if (byte < 0x80 || byte > 0xbf) return i === 2 ? cutQuote(text, at) : undefined
    code = (code << 6) | (byte & 0x3f)
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x1_0000
  if (code < least || code > 0x10_ffff || (code >= 0xd800 && code < 0xe000)) return undefined
  const conclusive = lead <= 0xc3 || (lead === 0xe2 && code < 0x2c00) || lead === 0xef || lead === 0xf0
  return { char: String.fromCodePoint(code), length, conclusive }
}

/** `â€` with its third byte, 9D, lost. */
function cutQuote(text: string, at: number): Sequence | undefined {
  return text.startsWith('â€', at) ? { char: '”', length: 2, conclusive: true } : undefined
}
