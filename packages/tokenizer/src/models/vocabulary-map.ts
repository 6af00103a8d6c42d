import { TokenizerError } from '../errors/tokenizer-error.ts'

/**
 * Numbers a list of pieces from 0.
 *
 * @throws {TokenizerError} `invalid-vocabulary` when the list is empty or a piece occurs twice.
 */
export function vocabularyMap(pieces: readonly string[], source: string): Map<string, number> {
  const invalid = (place: string, expected: string): TokenizerError =>
    new TokenizerError('invalid-vocabulary', { source, place, expected })
  if (pieces.length === 0) throw invalid('empty', 'one piece a line')
  const vocab = new Map<string, number>()
  for (const [id, piece] of pieces.entries()) {
    const before = vocab.get(piece)
    if (before !== undefined) throw invalid(`line ${id + 1}`, `another piece than on line ${before + 1}`)
    vocab.set(piece, id)
  }
  return vocab
}
