import type { Vocabulary } from '../models/vocabulary.ts'
import { readTextFile, writeTextFile } from './node-files.ts'
import { parseTokenizerText } from './parse-tokenizer-text.ts'
import type { StyledVocabOptions } from './story-defaults.ts'
import type { TokenizerJson } from './tokenizer-json.ts'
import { formatVocabText } from './vocab-text.ts'

/** Reads a tokenizer.json, or a vocab.txt by its ending. */
export async function readTokenizer(path: string, options?: StyledVocabOptions): Promise<TokenizerJson> {
  return parseTokenizerText(await readTextFile(path), path, options)
}

/** Writes a tokenizer.json, or a vocab.txt when the path ends so. */
export async function writeTokenizer(
  path: string,
  json: TokenizerJson,
  vocabulary: Vocabulary,
): Promise<void> {
  const text = path.endsWith('.txt')
    ? formatVocabText(vocabulary.entries())
    : `${JSON.stringify(json, null, 2)}\n`
  await writeTextFile(path, text)
}
