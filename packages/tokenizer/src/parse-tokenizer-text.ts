import { parseTokenizerJson } from './parse-tokenizer-json.ts'
import { defaultTokenizerJson, type VocabOptions } from './tokenizer-defaults.ts'
import type { TokenizerJson } from './tokenizer-json.ts'
import { parseVocabText } from './vocab-text.ts'

/**
 * Parses a tokenizer.json, or a vocab.txt by the ending of its name.
 *
 * @param options how to read a vocab.txt.
 */
export function parseTokenizerText(text: string, source: string, options: VocabOptions = {}): TokenizerJson {
  return source.endsWith('.txt')
    ? defaultTokenizerJson(parseVocabText(text, source), options)
    : parseTokenizerJson(text, source)
}
