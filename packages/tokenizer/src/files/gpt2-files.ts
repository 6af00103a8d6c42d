import { InputError, parseJson, parseValue } from '@tinystories/utils/schema'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'
import { END_OF_TEXT } from './tokenizer-defaults.ts'
import { vocabSchema } from './tokenizer-schema.ts'

/**
 * The tokenizer.json of GPT-2's two files.
 *
 * @param source name of `vocab.json`, for errors.
 * @throws InputError when `vocab.json` is not JSON or a line of `merges.txt` has no two pieces
 */
export function gpt2Json(vocabText: string, mergesText: string, source: string): TokenizerJson {
  const vocab = parseValue(vocabSchema, parseJson(vocabText.replace(/^\ufeff/, ''), { source }), source)
  const merges: [string, string][] = []
  for (const [i, line] of mergesText.split(/\r?\n/).entries()) {
    if (line === '' || (i === 0 && line.startsWith('#version'))) continue
    const [left, right, ...rest] = line.split(' ')
    if (!left || !right || rest.length > 0) {
      throw new InputError('invalid-value', {
        source: source.replace(/vocab\.json$/, 'merges.txt'),
        path: `line ${i + 1}`,
        expected: 'two pieces with a blank between',
        received: JSON.stringify(line),
      })
    }
    merges.push([left, right])
  }
  return byteLevelJson(vocab, merges)
}

/** The tokenizer.json of byte-level BPE, GPT-2's way. */
export function byteLevelJson(
  vocab: Readonly<Record<string, number>>,
  merges: readonly [string, string][],
  special: readonly string[] = [END_OF_TEXT],
): TokenizerJson {
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  } as const
  const addedTokens = special.flatMap((content): AddedTokenJson[] => {
    const id = Object.hasOwn(vocab, content) ? vocab[content] : undefined
    if (id === undefined) return []
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
    return [{ id, content, ...flags }]
  })
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens,
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: { ...vocab },
      merges: [...merges],
    },
  }
}
