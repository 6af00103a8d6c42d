import { TokenizerError } from './errors.ts'
import type { Vocabulary } from './vocabulary.ts'

/**
 * Reads a `vocab.txt`: one piece a line, the line number (from 0) its id.
 *
 * @throws {TokenizerError} on an empty file or a piece that stands twice, with its lines.
 */
export function parseVocabText(text: string, source = 'vocab.txt'): Map<string, number> {
  const lines = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).split('\n')
  if (lines.at(-1) === '') lines.pop()
  return vocabularyMap(lines, source, line => (line.endsWith('\r') ? line.slice(0, -1) : line))
}

/** Numbers a list of pieces from 0, each of which may stand only once. */
export function vocabularyMap(
  pieces: readonly string[],
  source: string,
  clean: (piece: string) => string = piece => piece,
): Map<string, number> {
  if (pieces.length === 0) throw new TokenizerError(`${source}: empty; expected one piece a line`)
  const vocab = new Map<string, number>()
  for (const [id, raw] of pieces.entries()) {
    const piece = clean(raw)
    const before = vocab.get(piece)
    if (before !== undefined) {
      throw new TokenizerError(
        `${source}: ${JSON.stringify(piece)} stands on lines ${before + 1} and ${id + 1}; remove one of them`,
      )
    }
    vocab.set(piece, id)
  }
  return vocab
}

/**
 * Writes a `vocab.txt`.
 *
 * @throws {TokenizerError} when the format cannot hold the vocabulary: a piece with a line break, a missing id.
 */
export function formatVocabText(vocabulary: Vocabulary): string {
  let text = ''
  let next = 0
  for (const [piece, id] of vocabulary.entries()) {
    if (/[\r\n]/.test(piece)) {
      throw new TokenizerError(
        `vocab.txt cannot hold the piece ${JSON.stringify(piece)}, which has a line break; save tokenizer.json instead`,
      )
    }
    if (id !== next++) {
      throw new TokenizerError(`vocab.txt cannot leave out the id ${next - 1}; save tokenizer.json instead`)
    }
    text += `${piece}\n`
  }
  return text
}
