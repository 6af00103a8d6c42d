import { gpt2Json } from '../files/gpt2-files.ts'
import { llama2cJson } from '../files/llama2c-file.ts'
import { type StyledVocabOptions, styledTokenizerJson } from '../files/story-defaults.ts'
import { parseVocabText } from '../files/vocab-text.ts'
import { fromJson, parseTokenizer } from './parse-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Files that a tokenizer is stored in, those that belong together in one list; the first that is there counts. */
export const TOKENIZER_FILES: readonly (readonly string[])[] = [
  ['tokenizer.json'],
  ['vocab.txt'],
  ['vocab.json', 'merges.txt'],
]

/**
 * Loads a tokenizer from its file: a `tokenizer.json`; a `vocab.txt`, one WordPiece piece a line (`options` say how
 * to read it); a `vocab.json` of byte-level BPE with its `merges.txt` beside it; or a `tokenizer.bin` of llama2.c, by the
 * ending `.bin`. Of a folder the first of the others that it has is loaded. Node only.
 *
 * @throws FileError when it cannot be read
 * @throws InputError, TokenizerError when it holds no such tokenizer
 */
export async function loadTokenizer(path: string, options: StyledVocabOptions = {}): Promise<Tokenizer> {
  const { readTextFile } = await import('@tinystories/utils/disk')
  const { findFile, readBytes } = await import('../files/find-file.ts')
  const file = await findFile(
    path,
    TOKENIZER_FILES.map(([name]) => name!),
  )
  if (file.endsWith('.bin')) return fromJson(llama2cJson(await readBytes(file), file))
  const text = await readTextFile(file)
  const merges = file.endsWith('vocab.json')
    ? await readTextFile(file.replace(/vocab\.json$/, 'merges.txt'))
    : undefined
  return tokenizerFromText(text, file, merges, options)
}

/** A tokenizer from the text of its file; the ending of the name says what kind of file it is. */
export function tokenizerFromText(
  text: string,
  source: string,
  merges: string | undefined,
  options: StyledVocabOptions,
): Tokenizer {
  if (merges !== undefined) return fromJson(gpt2Json(text, merges, source))
  if (source.endsWith('.txt')) return fromJson(styledTokenizerJson(parseVocabText(text, source), options))
  return parseTokenizer(text, source)
}
