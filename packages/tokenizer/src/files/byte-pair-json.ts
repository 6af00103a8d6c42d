import { TokenizerError } from '../errors/errors.ts'
import { parseJsonText } from './parse-tokenizer-json.ts'
import { END_OF_TEXT } from './tokenizer-defaults.ts'
import type { BytePairModelJson, TokenizerJson } from './tokenizer-json.ts'

/** A `tokenizer.json` of byte-level BPE. */
export type BytePairJson = TokenizerJson<BytePairModelJson>

type Json = Record<string, unknown>

/**
 * Checks that a `tokenizer.json`, as text or parsed, is byte-level BPE without a post-processing template.
 *
 * @throws {TokenizerError} naming what is not.
 */
export function checkBytePairJson(json: unknown, source = 'tokenizer.json'): BytePairJson {
  const file = asObject(typeof json === 'string' ? parseJsonText(json, source) : json)
  const model = asObject(file?.model)
  if (model === undefined)
    throw new TokenizerError(`${source}: model: expected an object; is this a tokenizer.json?`)
  // Files of before 2020 name no type; merges say BPE just as well.
  if ((model.type ?? 'BPE') !== 'BPE' || !Array.isArray(model.merges)) {
    throw new TokenizerError(
      `${source}: model.type is ${JSON.stringify(model.type)}, without merges; only byte-level BPE is supported`,
    )
  }
  const vocab = asObject(model.vocab)
  if (vocab === undefined) throw new TokenizerError(`${source}: model.vocab: expected an object`)
  const decoder = asObject(file!.decoder)?.type
  if (decoder !== 'ByteLevel') {
    throw new TokenizerError(`${source}: decoder is ${JSON.stringify(decoder)}; only ByteLevel is supported`)
  }
  const after = asObject(file!.post_processor)?.type ?? 'ByteLevel'
  if (after !== 'ByteLevel') {
    throw new TokenizerError(
      `${source}: post_processor is ${JSON.stringify(after)}; only ByteLevel is supported`,
    )
  }
  const added = (Array.isArray(file!.added_tokens) ? file!.added_tokens : []) as BytePairJson['added_tokens']
  return { ...file, model: { ...model, type: 'BPE' }, added_tokens: added } as BytePairJson
}

/**
 * The `tokenizer.json` of GPT-2's two files.
 *
 * @throws {TokenizerError} when `vocab.json` is no JSON object.
 */
export function gpt2Json(vocabText: string, mergesText: string): BytePairJson {
  const vocab = asObject(parseJsonText(vocabText, 'vocab.json')) as Record<string, number> | undefined
  if (vocab === undefined) throw new TokenizerError('vocab.json: expected an object of tokens and ids')
  const merges = mergesText.split(/\r?\n/).filter(line => line !== '' && !line.startsWith('#version'))
  const end = vocab[END_OF_TEXT]
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: end === undefined ? [] : [{ id: end, content: END_OF_TEXT, ...flags }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab,
      merges,
    },
  } as BytePairJson
}

function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}
