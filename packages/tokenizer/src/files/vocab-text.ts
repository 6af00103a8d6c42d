import { TokenizerError } from '../errors/tokenizer-error.ts'
import { vocabularyMap } from '../models/vocabulary-map.ts'

/**
 * Reads a `vocab.txt`: one piece a line, the line number (from 0) its id.
 *
 * @throws {TokenizerError} on an empty file or a piece that stands twice, with its lines.
 */
export function parseVocabText(text: string, source = 'vocab.txt'): Map<string, number> {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  if (lines.at(-1) === '') lines.pop()
  return vocabularyMap(
    lines.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line)),
    source,
  )
}

/**
 * Writes a `vocab.txt`.
 *
 * @param pieces in the order of their ids.
 * @throws {TokenizerError} when the format cannot hold the vocabulary: a piece with a line break, a missing id.
 */
export function formatVocabText(pieces: Iterable<readonly [piece: string, id: number]>): string {
  let text = ''
  let next = 0
  for (const [piece, id] of pieces) {
    if (/[\r\n]/.test(piece)) throw new TokenizerError('not-storable', { piece, id })
    if (id !== next) throw new TokenizerError('not-storable', { piece: undefined, id: next })
    next++
    text += `${piece}\n`
  }
  return text
}
