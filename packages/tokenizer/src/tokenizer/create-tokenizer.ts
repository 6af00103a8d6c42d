import { defaultTokenizerJson, type VocabOptions } from '../files/tokenizer-defaults.ts'
import { vocabularyMap } from '../models/vocabulary-map.ts'
import { BertScanner } from '../scanners/bert-scanner.ts'
import type { Tokenizer } from './tokenizer.ts'
import { WordPieceTokenizer } from './wordpiece-tokenizer.ts'

/**
 * Creates a WordPiece tokenizer with BERT's normalizer, split and decoder.
 *
 * @param vocab a list of pieces, whose ids are their positions, or a map of pieces to ids.
 * @throws {TokenizerError} when a piece or id occurs twice, or the unknown token is missing.
 */
export function createTokenizer(
  vocab: readonly string[] | ReadonlyMap<string, number>,
  options: VocabOptions = {},
): Tokenizer {
  const json = defaultTokenizerJson('get' in vocab ? vocab : vocabularyMap(vocab, 'vocabulary'), options)
  return new WordPieceTokenizer(json, new BertScanner(json.normalizer))
}
