import { TokenizerError } from '../errors/errors.ts'

/** Numbers a list of pieces from 0, each of which may stand only once. */
export function vocabularyMap(pieces: readonly string[], source: string): Map<string, number> {
  if (pieces.length === 0) throw new TokenizerError(`${source}: empty; expected one piece a line`)
  const vocab = new Map<string, number>()
  for (const [id, piece] of pieces.entries()) {
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
