import { BytePair } from '../models/byte-pair.ts'
import type { WordModel } from '../models/piece-list.ts'
import { WordPiece } from '../models/word-piece.ts'
import { createScanner } from '../scanners/create-scanner.ts'
import { Pipeline } from './pipeline.ts'
import { createTemplate } from './post-processor.ts'
import type { TokenizerJson } from './tokenizer-json.ts'
import { truncationFromJson } from './truncation.ts'

/**
 * The pipeline that a tokenizer.json describes.
 *
 * @throws {TokenizerError} when its vocabulary breaks a rule, or it has a pattern that JavaScript cannot run.
 */
export function createPipeline(json: TokenizerJson): Pipeline {
  const model: WordModel = json.model.type === 'BPE' ? new BytePair(json.model) : new WordPiece(json.model)
  return new Pipeline({
    vocab: json.model.vocab,
    addedTokens: json.added_tokens,
    scannerFindsNormalized: json.normalizer !== null,
    scanner: createScanner(json, continuingPrefix(json).charAt(0)),
    model,
    template: createTemplate(json.post_processor),
    truncation: json.truncation === null ? false : truncationFromJson(json.truncation),
  })
}

/** Prefix of pieces that go on inside a word; empty where there is none. */
export function continuingPrefix({ model }: TokenizerJson): string {
  return model.continuing_subword_prefix ?? ''
}
