import { TokenizerError } from '../errors/tokenizer-error.ts'
import type { Scanner } from '../scanners/scanner.ts'
import type { TokenMatcher } from '../scanners/token-matcher.ts'
import { UnitBuffer } from '../text/units.ts'
import type { TrainTokenizerProgress } from './progress.ts'
import type { WordCounter } from './word-counter.ts'

const TEXTS_PER_REPORT = 1024

/** Counts the words of all items; special tokens in the text end a word and are not counted. */
export async function countWords(
  texts: AsyncIterable<string> | Iterable<string>,
  items: 'texts' | 'stream',
  tools: {
    scanner: Scanner
    special: TokenMatcher
    counter: WordCounter
    onProgress: ((progress: TrainTokenizerProgress) => void) | undefined
    signal: AbortSignal | undefined
  },
): Promise<void> {
  const { scanner, special, counter, onProgress, signal } = tools
  const buffer = new UnitBuffer()
  const count = (text: string): void => {
    const units = buffer.fill(text)
    let from = 0
    special.search(text, (_, start, end) => {
      scanner.scan(units, from, start, counter, 0)
      from = end
    })
    scanner.scan(units, from, text.length, counter, 0)
  }
  let done = 0
  let held = ''
  const take = (item: unknown): void => {
    if (typeof item !== 'string') {
      throw new TokenizerError('invalid-texts', { item: done, type: typeof item })
    }
    if (items === 'texts') {
      count(item)
    } else {
      held += item
      const cut = lastBlankBetweenLetters(held, held.length - item.length)
      count(held.slice(0, cut))
      held = held.slice(cut)
    }
    if (++done % TEXTS_PER_REPORT === 0) {
      onProgress?.({ phase: 'counting', done, total: undefined })
      signal?.throwIfAborted()
    }
  }
  if (typeof texts === 'string') {
    throw new TokenizerError('invalid-texts', { item: undefined, type: 'string' })
  }
  // A plain iterable is not awaited item by item, which would cost more than the counting.
  if (Symbol.asyncIterator in texts) for await (const item of texts) take(item)
  else for (const item of texts) take(item)
  if (held !== '') count(held)
  onProgress?.({ phase: 'counting', done, total: undefined })
  signal?.throwIfAborted()
}

/**
 * Where a stream may be cut without changing its words: before a blank with a letter on either side. Only
 * the part from `from` on is searched, a little before it included.
 */
function lastBlankBetweenLetters(text: string, from: number): number {
  for (let at = text.length - 2; at > 0 && at > from - 3; at--) {
    if (text.charCodeAt(at) === 0x20 && isLetter(text, at - 1) && isLetter(text, at + 1)) return at
  }
  return 0
}

function isLetter(text: string, at: number): boolean {
  const lower = text.charCodeAt(at) | 0x20
  return lower >= 0x61 && lower <= 0x7a
}
