/** Training stories below this size count as a small corpus: a smaller vocabulary, a short run. */
export const smallCorpusBytes = 4_000_000

/**
 * The size of the vocabulary when none is asked for. A small text has too few examples of each piece for a large
 * vocabulary, and below 10 M parameters the head over the vocabulary is a good part of the work.
 */
export function defaultVocabSize(bytes: number): number {
  return bytes < smallCorpusBytes ? 2048 : 4096
}
