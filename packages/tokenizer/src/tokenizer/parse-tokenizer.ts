import { parseJsonText, parseTokenizerJson } from '../files/parse-tokenizer-json.ts'
import type { WordPieceTokenizerJson } from '../files/tokenizer-json.ts'
import { createScanner } from '../scanners/create-scanner.ts'
import { createBytePair } from './byte-pair-tokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'
import { WordPieceTokenizer } from './wordpiece-tokenizer.ts'

/**
 * Makes a tokenizer from the content of a `tokenizer.json`, as text or parsed: WordPiece or byte-level BPE.
 *
 * @param source name of the file, for messages.
 * @throws {TokenizerError} naming the part that is malformed or not supported.
 */
export async function parseTokenizer(json: unknown, source = 'tokenizer.json'): Promise<Tokenizer> {
  const file = typeof json === 'string' ? parseJsonText(json, source) : json
  const model = (file as { model?: { type?: unknown; merges?: unknown } } | null)?.model
  if ((model?.type ?? (model?.merges && 'BPE')) === 'BPE') return createBytePair(file, source)
  return createWordPiece(parseTokenizerJson(file, source))
}

/** A WordPiece tokenizer from a checked tokenizer.json. */
export function createWordPiece(json: WordPieceTokenizerJson): Tokenizer {
  return new WordPieceTokenizer(json, createScanner(json))
}
