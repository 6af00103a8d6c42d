import { unexpected, wholeNumber } from '../errors/checks.ts'
import { TokenizerError } from '../errors/errors.ts'
import type { AddedTokenJson, WordPieceTokenizerJson } from './tokenizer-json.ts'

type Json = Record<string, unknown>

/**
 * Checks the content of a `tokenizer.json`, as text or parsed, and fills in what older files leave out.
 * The components themselves are checked where they are built.
 *
 * @throws {TokenizerError} naming the field that is missing, of the wrong type or not supported.
 */
export function parseTokenizerJson(json: unknown, source = 'tokenizer.json'): WordPieceTokenizerJson {
  const file = object(typeof json === 'string' ? parseJsonText(json, source) : json, source)
  const model = object(file.model, `${source}: model`)
  // Files of before 2020 name no type; a continuation prefix says WordPiece just as well.
  const type = model.type ?? ('continuing_subword_prefix' in model ? 'WordPiece' : undefined)
  if (type !== 'WordPiece') {
    throw new TokenizerError(
      `${source}: model.type is ${JSON.stringify(type) ?? 'missing'}; only WordPiece and byte-level BPE are supported`,
    )
  }
  const parts: Json = {}
  for (const name of ['truncation', 'padding', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) {
    const part = file[name] ?? null
    if (part !== null) object(part, `${source}: ${name}`)
    parts[name] = part
  }
  const added = file.added_tokens ?? []
  if (!Array.isArray(added)) throw unexpected(`${source}: added_tokens`, 'a list', added)
  const field = (name: string, usual: string): string =>
    string(model[name] ?? usual, `${source}: model.${name}`)
  const vocab = object(model.vocab, `${source}: model.vocab`)
  for (const token of Object.keys(vocab))
    wholeNumber(`${source}: model.vocab[${JSON.stringify(token)}]`, vocab[token])
  const longest = 'max_input_chars_per_word'
  return {
    version: '1.0',
    ...(parts as unknown as Omit<WordPieceTokenizerJson, 'model' | 'added_tokens' | 'version'>),
    added_tokens: added.map((token, i) => addedToken(token, `${source}: added_tokens[${i}]`)),
    model: {
      type,
      unk_token: field('unk_token', '[UNK]'),
      continuing_subword_prefix: field('continuing_subword_prefix', '##'),
      [longest]: wholeNumber(`${source}: model.${longest}`, model[longest] ?? 100),
      vocab: vocab as Record<string, number>,
    },
  }
}

/** @throws {TokenizerError} naming `source` when the text is not JSON. */
export function parseJsonText(text: string, source: string): unknown {
  try {
    // A byte order mark is no JSON, but editors leave it.
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new TokenizerError(
      `${source}: not valid JSON (${(error as Error).message}); the file may be cut short, fetch or save it again`,
      { cause: error },
    )
  }
}

function addedToken(value: unknown, where: string): AddedTokenJson {
  const token = object(value, where)
  const content = string(token.content, `${where}.content`)
  if (content === '') throw unexpected(`${where}.content`, 'some text', content)
  const special = token.special === true
  return {
    id: wholeNumber(`${where}.id`, token.id),
    content,
    single_word: token.single_word === true,
    lstrip: token.lstrip === true,
    rstrip: token.rstrip === true,
    normalized: typeof token.normalized === 'boolean' ? token.normalized : !special,
    special,
  }
}

function object(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw unexpected(where, 'an object', value)
}

function string(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw unexpected(where, 'a string', value)
}
