import { parseTokenizerJson } from './parse-tokenizer-json.ts'
import { type StyledVocabOptions, styledTokenizerJson } from './story-defaults.ts'
import type { TokenizerJson } from './tokenizer-json.ts'
import { parseVocabText } from './vocab-text.ts'

/**
 * Parses a tokenizer.json, or a vocab.txt by the ending of its name.
 *
 * @param options how to read a vocab.txt.
 */
export function parseTokenizerText(
  text: string,
  source: string,
  options: StyledVocabOptions = {},
): TokenizerJson {
  return source.endsWith('.txt')
    ? styledTokenizerJson(parseVocabText(text, source), options)
    : parseTokenizerJson(text, source)
}
