import { TokenizerError } from './errors.ts'
import type { AddedTokenJson, TokenizerJson, WordPieceJson } from './tokenizer-json.ts'

type Json = Record<string, unknown>

/**
 * Checks the content of a `tokenizer.json`, as text or parsed, and fills in what older files leave out.
 * The components themselves are checked where they are built.
 *
 * @throws {TokenizerError} naming the field that is missing, of the wrong type or not supported.
 */
export function parseTokenizerJson(json: unknown, source = 'tokenizer.json'): TokenizerJson {
  const file = object(typeof json === 'string' ? parse(json, source) : json, source)
  const model = object(file.model, `${source}: model`)
  // Files of before 2020 name no type; a continuation prefix says WordPiece just as well.
  const type = model.type ?? ('continuing_subword_prefix' in model ? 'WordPiece' : undefined)
  if (type !== 'WordPiece') {
    const remedy =
      type === 'BPE' ? 'open byte-level BPE files with BytePairTokenizer' : 'only WordPiece is supported'
    throw new TokenizerError(`${source}: model.type is ${JSON.stringify(type) ?? 'missing'}; ${remedy}`)
  }
  return {
    version: typeof file.version === 'string' ? file.version : '1.0',
    truncation: optional(file.truncation, `${source}: truncation`) as unknown as TokenizerJson['truncation'],
    padding: optional(file.padding, `${source}: padding`) as unknown as TokenizerJson['padding'],
    added_tokens: array(file.added_tokens ?? [], `${source}: added_tokens`).map((token, i) =>
      addedToken(token, `${source}: added_tokens[${i}]`),
    ),
    normalizer: component(file.normalizer, `${source}: normalizer`) as unknown as TokenizerJson['normalizer'],
    pre_tokenizer: component(
      file.pre_tokenizer,
      `${source}: pre_tokenizer`,
    ) as unknown as TokenizerJson['pre_tokenizer'],
    post_processor: component(
      file.post_processor,
      `${source}: post_processor`,
    ) as unknown as TokenizerJson['post_processor'],
    decoder: component(file.decoder, `${source}: decoder`) as unknown as TokenizerJson['decoder'],
    model: {
      type: 'WordPiece',
      unk_token: string(model.unk_token ?? '[UNK]', `${source}: model.unk_token`),
      continuing_subword_prefix: string(
        model.continuing_subword_prefix ?? '##',
        `${source}: model.continuing_subword_prefix`,
      ),
      max_input_chars_per_word: count(
        model.max_input_chars_per_word ?? 100,
        `${source}: model.max_input_chars_per_word`,
      ),
      vocab: vocabulary(model.vocab, `${source}: model.vocab`),
    },
  }
}

function parse(text: string, source: string): unknown {
  try {
    // A byte order mark is no JSON, but editors leave it.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    throw new TokenizerError(
      `${source}: not valid JSON (${detail}); the file may be cut short, fetch or save it again`,
      { cause: error },
    )
  }
}

function object(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw wrong(where, 'an object', value)
}

function optional(value: unknown, where: string): Json | null {
  return value === null || value === undefined ? null : object(value, where)
}

function component(value: unknown, where: string): Json | null {
  const found = optional(value, where)
  if (found !== null) string(found.type, `${where}.type`)
  return found
}

function array(value: unknown, where: string): unknown[] {
  if (Array.isArray(value)) return value
  throw wrong(where, 'a list', value)
}

function string(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw wrong(where, 'a string', value)
}

function count(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw wrong(where, 'a whole number of at least 0', value)
}

function vocabulary(value: unknown, where: string): WordPieceJson['vocab'] {
  const vocab = object(value, where)
  for (const token of Object.keys(vocab)) count(vocab[token], `${where}[${JSON.stringify(token)}]`)
  return vocab as WordPieceJson['vocab']
}

function addedToken(value: unknown, where: string): AddedTokenJson {
  const token = object(value, where)
  const special = token.special === true
  const content = string(token.content, `${where}.content`)
  if (content === '') throw new TokenizerError(`${where}.content: empty; an added token needs text to match`)
  return {
    id: count(token.id, `${where}.id`),
    content,
    single_word: token.single_word === true,
    lstrip: token.lstrip === true,
    rstrip: token.rstrip === true,
    normalized: typeof token.normalized === 'boolean' ? token.normalized : !special,
    special,
  }
}

function wrong(where: string, wanted: string, found: unknown): TokenizerError {
  const what = found === undefined ? 'missing' : (JSON.stringify(found) ?? typeof found).slice(0, 60)
  return new TokenizerError(`${where}: expected ${wanted}, found ${what}`)
}
