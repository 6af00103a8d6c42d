import { wordPieceDecoder } from '../decoders/decoder.ts'
import { Pipeline } from '../encoding/pipeline.ts'
import { BARE, parseTemplate } from '../encoding/template.ts'
import { defaultTokenizerJson, type VocabOptions } from '../files/tokenizer-defaults.ts'
import { vocabularyMap } from '../models/vocabulary-map.ts'
import { WordPiece } from '../models/word-piece.ts'
import { BertScanner } from '../scanners/bert-scanner.ts'
import { PipelineTokenizer } from './pipeline-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

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
  const pipeline = new Pipeline({
    vocab: json.model.vocab,
    addedTokens: json.added_tokens,
    scannerFindsNormalized: true,
    scanner: new BertScanner(json.normalizer),
    model: new WordPiece(json.model),
    template: json.post_processor === null ? BARE : parseTemplate(json.post_processor),
    truncation: false,
  })
  return new PipelineTokenizer(json, pipeline, wordPieceDecoder(json.decoder.prefix, json.decoder.cleanup))
}
