import * as v from 'valibot'
import type { DecoderJson } from '../decoders/create-decoder.ts'
import type { PaddingJson } from '../encoding/padding.ts'
import type { PostProcessorJson } from '../encoding/post-processor.ts'
import type { TemplateProcessingJson } from '../encoding/template.ts'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { BytePairJson } from '../models/byte-pair.ts'
import type { WordPieceJson } from '../models/word-piece.ts'
import type { NormalizerJson } from '../scanners/normalizers.ts'
import type { PatternJson } from '../scanners/pattern.ts'
import type { PreTokenizerJson, SplitBehavior } from '../scanners/pre-tokenizers.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'

type Schema<T> = v.GenericSchema<unknown, T>

/** Ids and counts are kept in 32 bits. */
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 ** 31 - 1))
/** Tokens that every encoding is filled up to: longer than any context. */
const paddedLength = v.pipe(count, v.maxValue(2 ** 20))
const text = v.pipe(v.string(), v.minLength(1))
const character = v.pipe(
  v.string(),
  v.check(value => [...value].length === 1, 'one character'),
)
const yes = v.optional(v.boolean(), true)
const no = v.optional(v.boolean(), false)

function of<const T extends string>(
  ...types: T[]
): v.ObjectSchema<{ type: v.PicklistSchema<T[], undefined> }, undefined> {
  return v.object({ type: v.picklist(types) })
}

const pattern: Schema<PatternJson> = v.union([
  v.object({ String: v.string() }),
  v.object({ Regex: v.string() }),
])

const normalizer: Schema<NormalizerJson> = v.variant('type', [
  of('Lowercase', 'StripAccents', 'NFC', 'NFD', 'NFKC', 'NFKD', 'Nmt', 'ByteLevel'),
  v.object({
    type: v.literal('BertNormalizer'),
    clean_text: yes,
    handle_chinese_chars: yes,
    strip_accents: v.optional(v.nullable(v.boolean()), null),
    lowercase: yes,
  }),
  v.object({ type: v.literal('Strip'), strip_left: yes, strip_right: yes }),
  v.object({ type: v.literal('Replace'), pattern, content: v.string() }),
  v.object({ type: v.literal('Prepend'), prepend: v.string() }),
  v.object({ type: v.literal('Sequence'), normalizers: v.array(v.lazy(() => normalizer)) }),
])

const behavior: Schema<SplitBehavior> = v.picklist([
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
])

const byteLevel = v.object({
  type: v.literal('ByteLevel'),
  add_prefix_space: yes,
  trim_offsets: yes,
  use_regex: yes,
})

const metaspace = v.pipe(
  v.object({
    type: v.literal('Metaspace'),
    replacement: v.optional(character, '▁'),
    // Older files say only whether a blank is put before the text.
    add_prefix_space: yes,
    prepend_scheme: v.optional(v.picklist(['always', 'first', 'never'])),
    split: yes,
  }),
  v.transform(({ add_prefix_space, prepend_scheme = add_prefix_space ? 'always' : 'never', ...rest }) => ({
    ...rest,
    prepend_scheme,
  })),
)

const preTokenizer: Schema<PreTokenizerJson> = v.variant('type', [
  of('BertPreTokenizer', 'Whitespace', 'WhitespaceSplit', 'UnicodeScripts'),
  byteLevel,
  metaspace,
  v.object({ type: v.literal('CharDelimiterSplit'), delimiter: character }),
  v.object({ type: v.literal('Punctuation'), behavior: v.optional(behavior, 'Isolated') }),
  v.object({ type: v.literal('Digits'), individual_digits: no }),
  v.object({ type: v.literal('Split'), pattern, behavior, invert: no }),
  v.object({ type: v.literal('FixedLength'), length: v.optional(v.pipe(count, v.minValue(1)), 5) }),
  v.object({ type: v.literal('Sequence'), pretokenizers: v.array(v.lazy(() => preTokenizer)) }),
])

const templatePieces: Schema<TemplateProcessingJson['single']> = v.array(
  v.union([
    v.object({ SpecialToken: v.object({ id: v.string(), type_id: v.optional(count, 0) }) }),
    v.object({ Sequence: v.object({ id: v.picklist(['A', 'B']), type_id: v.optional(count, 0) }) }),
  ]),
)

const tokenAndId = v.tuple([v.string(), count])

const postProcessor: Schema<PostProcessorJson> = v.variant('type', [
  v.object({
    type: v.literal('TemplateProcessing'),
    single: v.pipe(
      templatePieces,
      v.check(
        pieces => pieces.every(piece => !('Sequence' in piece) || piece.Sequence.id === 'A'),
        'only the sequence A around a single text',
      ),
    ),
    pair: templatePieces,
    special_tokens: v.record(
      v.string(),
      v.object({ id: v.string(), ids: v.array(count), tokens: v.array(v.string()) }),
    ),
  }),
  v.object({ type: v.literal('BertProcessing'), sep: tokenAndId, cls: tokenAndId }),
  v.object({
    type: v.literal('RobertaProcessing'),
    sep: tokenAndId,
    cls: tokenAndId,
    trim_offsets: yes,
    add_prefix_space: yes,
  }),
  byteLevel,
  v.object({
    type: v.literal('Sequence'),
    processors: v.pipe(
      v.array(v.lazy(() => postProcessor)),
      v.check(
        processors => processors.filter(insertsTokens).length < 2,
        'at most one processor that inserts special tokens',
      ),
    ),
  }),
])

function insertsTokens(json: PostProcessorJson): boolean {
  return json.type === 'Sequence' ? json.processors.some(insertsTokens) : json.type !== 'ByteLevel'
}

const decoder: Schema<DecoderJson> = v.variant('type', [
  of('Fuse', 'ByteFallback'),
  v.object({ type: v.literal('WordPiece'), prefix: v.optional(v.string(), '##'), cleanup: yes }),
  v.object({ type: v.literal('BPEDecoder'), suffix: v.optional(text, '</w>') }),
  v.object({
    type: v.literal('CTC'),
    pad_token: v.optional(v.string(), '<pad>'),
    word_delimiter_token: v.optional(text, '|'),
    cleanup: yes,
  }),
  v.object({ type: v.literal('Replace'), pattern, content: v.string() }),
  v.object({ type: v.literal('Strip'), content: character, start: count, stop: count }),
  byteLevel,
  metaspace,
  v.object({ type: v.literal('Sequence'), decoders: v.array(v.lazy(() => decoder)) }),
])

/** Pieces and ids. Not `v.record`, which leaves out keys such as `constructor` and `prototype`: BERT has both. */
export const vocabSchema: Schema<Record<string, number>> = v.pipe(
  v.custom<Record<string, number>>(
    value => typeof value === 'object' && value !== null && !Array.isArray(value),
    'an object of pieces and their ids',
  ),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const [key, value] of Object.entries<unknown>(dataset.value)) {
      if (Number.isInteger(value) && (value as number) >= 0) continue
      addIssue({
        expected: 'an integer of at least 0',
        received: JSON.stringify(value),
        path: [{ type: 'object', origin: 'value', input: dataset.value, key, value }],
      })
      return
    }
  }),
)

const wordPiece: Schema<WordPieceJson> = v.object({
  type: v.literal('WordPiece'),
  unk_token: v.optional(v.string(), '[UNK]'),
  continuing_subword_prefix: v.optional(v.string(), '##'),
  max_input_chars_per_word: v.optional(count, 100),
  vocab: vocabSchema,
})

const merge: Schema<[string, string]> = v.union([
  v.strictTuple([v.string(), v.string()]),
  v.pipe(
    v.string(),
    v.transform(line => line.split(' ')),
    v.strictTuple([text, text]),
  ),
])

const bytePair: Schema<BytePairJson> = v.object({
  type: v.literal('BPE'),
  dropout: v.optional(v.null(), null),
  unk_token: v.optional(v.nullable(v.string()), null),
  continuing_subword_prefix: v.optional(v.nullable(v.string()), null),
  end_of_word_suffix: v.optional(v.nullable(v.string()), null),
  fuse_unk: no,
  byte_fallback: no,
  ignore_merges: no,
  vocab: vocabSchema,
  merges: v.array(merge),
})

const addedToken: Schema<AddedTokenJson> = v.pipe(
  v.object({
    id: count,
    content: v.string(),
    single_word: no,
    lstrip: no,
    rstrip: no,
    normalized: v.optional(v.boolean()),
    special: no,
  }),
  v.transform(({ normalized, ...token }) => ({ ...token, normalized: normalized ?? !token.special })),
)

const direction = v.optional(v.picklist(['Left', 'Right']), 'Right')

const padding: Schema<PaddingJson> = v.object({
  strategy: v.union([v.literal('BatchLongest'), v.object({ Fixed: paddedLength })]),
  direction,
  pad_to_multiple_of: v.optional(v.nullable(paddedLength), null),
  pad_id: count,
  pad_type_id: v.optional(count, 0),
  pad_token: v.string(),
})

/** How many times as long all steps together may make a text: each multiplies what those before it have made. */
const MOST_GROWTH = 4096

function bounded<T extends NormalizerJson | PreTokenizerJson | DecoderJson>(schema: Schema<T>): Schema<T> {
  return v.pipe(
    schema,
    v.check(
      json => growthOf(json) <= MOST_GROWTH,
      `steps that make a text at most ${MOST_GROWTH} times as long`,
    ),
  )
}

/** How many times as long a step may make a text of which every character meets it. */
function growthOf(json: NormalizerJson | PreTokenizerJson | DecoderJson): number {
  switch (json.type) {
    case 'Sequence': {
      const steps =
        'normalizers' in json
          ? json.normalizers
          : 'pretokenizers' in json
            ? json.pretokenizers
            : json.decoders
      return steps.reduce((product, step) => product * growthOf(step), 1)
    }
    // Characters that are none of ASCII have two bytes or more.
    case 'ByteLevel':
      return 2
    case 'Replace':
      // A regular expression may match where there is nothing, and leave what stands there.
      return Math.max(1, json.content.length + ('Regex' in json.pattern && json.content !== '' ? 1 : 0))
    default:
      return 1
  }
}

/** A tokenizer.json with what older files leave out filled in. */
export const tokenizerSchema: Schema<TokenizerJson> = v.object({
  version: v.optional(v.string(), '1.0'),
  truncation: v.optional(
    v.nullable(
      v.object({
        max_length: count,
        strategy: v.optional(v.picklist(['LongestFirst', 'OnlyFirst', 'OnlySecond']), 'LongestFirst'),
        stride: v.optional(count, 0),
        direction,
      }),
    ),
    null,
  ),
  padding: v.optional(v.nullable(padding), null),
  added_tokens: v.optional(v.array(addedToken), []),
  normalizer: v.optional(v.nullable(bounded(normalizer)), null),
  pre_tokenizer: v.optional(v.nullable(bounded(preTokenizer)), null),
  post_processor: v.optional(v.nullable(postProcessor), null),
  decoder: v.optional(v.nullable(bounded(decoder)), null),
  model: v.pipe(
    v.unknown(),
    v.transform(withType),
    v.variant('type', [wordPiece, bytePair] as never),
  ) as never,
})

/** Files of before 2020 name no type; merges or a continuation prefix say it just as well. */
function withType(model: unknown): unknown {
  if (typeof model !== 'object' || model === null || 'type' in model) return model
  if ('merges' in model) return { ...model, type: 'BPE' }
  return 'continuing_subword_prefix' in model ? { ...model, type: 'WordPiece' } : model
}
