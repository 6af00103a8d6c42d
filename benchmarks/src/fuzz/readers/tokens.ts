import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openStories, openTokenShards, openTokens, writeTokenShards } from '@tinystories/dataset'
import { loadTokenizer, parseTokenizer, trainTokenizer } from '@tinystories/tokenizer'
import { parseJson } from '@tinystories/utils/schema'
import { readUnfinished } from '../../../../packages/dataset/src/shards/unfinished.ts'
import { bytesOf, changeJson, drain, type Reader } from '../reader.ts'
import { stories } from './stories.ts'

const decoder = new TextDecoder()
const words = ['the', 'cat', 'sat', 'a', 'b', 'c', '##s']
const wordPiece = {
  version: '1.0',
  added_tokens: [{ id: 0, content: '[UNK]', special: true }],
  normalizer: { type: 'BertNormalizer', lowercase: true },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  decoder: { type: 'WordPiece', prefix: '##' },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(['[UNK]', ...words].map((word, id) => [word, id])),
  },
}
const bytePair = {
  version: '1.0',
  added_tokens: [{ id: 5, content: '<|endoftext|>', special: true }],
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
  decoder: { type: 'ByteLevel' },
  model: {
    type: 'BPE',
    vocab: { t: 0, h: 1, e: 2, th: 3, the: 4, '<|endoftext|>': 5 },
    merges: ['t h', 'th e'],
  },
}
/** Every kind of normalizer, pre-tokenizer, post-processor and decoder that has settings. */
const composed = {
  ...bytePair,
  truncation: { max_length: 8, strategy: 'LongestFirst', stride: 0, direction: 'Right' },
  padding: {
    ...{ strategy: { Fixed: 8 }, direction: 'Right', pad_to_multiple_of: null },
    ...{ pad_id: 5, pad_type_id: 0, pad_token: '<|endoftext|>' },
  },
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'NFC' },
      { type: 'Lowercase' },
      { type: 'Replace', pattern: { Regex: ' +' }, content: ' ' },
      { type: 'Prepend', prepend: 'h' },
    ],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex: ' ?[a-z]+| ?[^\\sa-z]+' }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { '<|endoftext|>': { id: '<|endoftext|>', ids: [5], tokens: ['<|endoftext|>'] } },
  },
}

/** Token shards in a folder, made once. */
const prepared = new Map<string, Promise<unknown>>()
function shardFolder(folder: string): Promise<unknown> {
  const made =
    prepared.get(folder) ??
    trainTokenizer([...stories], { vocabSize: 240 }).then(tokenizer =>
      writeTokenShards(openStories([...stories]), tokenizer, folder),
    )
  prepared.set(folder, made)
  return made
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const shards = (folder: string): string => join(folder, 'shards')

/** Reads a folder of shards of which one file is the input. */
function shardFile(name: string, reseal?: Reader['reseal']): Reader {
  return {
    async seeds(folder) {
      await shardFolder(shards(folder))
      return [await readFile(join(shards(folder), name))]
    },
    ...(reseal && { reseal }),
    async read(input, folder) {
      writeFileSync(join(shards(folder), name), input)
      const opened = openTokenShards(shards(folder))
      await drain(opened.stories())
      await drain(opened.pack({ contextLength: 16 }))
    },
  }
}

/** Loads a tokenizer from files and uses it. */
const tokenizerFile = (
  name: string,
  seeds: () => Promise<Uint8Array[]> | Uint8Array[],
  others: Record<string, string> = {},
): Reader => ({
  async seeds(folder) {
    for (const [other, text] of Object.entries(others)) writeFileSync(join(folder, other), text)
    return seeds()
  },
  async read(input, folder) {
    writeFileSync(join(folder, name), input)
    const tokenizer = await loadTokenizer(join(folder, name === 'merges.txt' ? 'vocab.json' : name))
    tokenizer.decode(tokenizer.encode('The cats sat on the hat, José.').ids)
  },
})

/** Readers of tokens and tokenizers. */
export const tokenReaders: Record<string, Reader> = {
  'tokens.bin': {
    seeds: () => [
      new Uint8Array(Uint16Array.from({ length: 400 }, (_, i) => (i % 50 === 0 ? 5 : i % 5)).buffer),
    ],
    read(input, folder) {
      const path = join(folder, 'tokens.bin')
      writeFileSync(path, input)
      return drain(openTokens(path, { eos: 5 }))
    },
  },
  'shard-index': shardFile('index.json', input =>
    changeJson(input, ({ checksum: _, ...rest }) => ({ ...rest, checksum: sha256(JSON.stringify(rest)) })),
  ),
  'shard-tokens': shardFile('shard-00000.bin'),
  'shard-stories': shardFile('shard-00000.stories.bin'),
  'shards-unfinished': {
    seeds: () => [
      bytesOf({
        ...{ version: 2, signature: 'a', shards: [], state: { position: 1 }, skip: 0, taken: 0 },
        ...{ fingerprint: '0'.repeat(32), longest: 3 },
      }),
    ],
    async read(input, folder) {
      await mkdir(shards(folder), { recursive: true })
      writeFileSync(join(shards(folder), 'unfinished.json'), input)
      return readUnfinished(shards(folder))
    },
  },
  'tokenizer.json': {
    seeds: () => [wordPiece, bytePair, composed].map(bytesOf),
    async read(input) {
      const tokenizer = await parseTokenizer(parseJson(decoder.decode(input), { source: 'tokenizer.json' }))
      tokenizer.decode(tokenizer.encode('The cat sat, José.').ids)
    },
  },
  'vocab.json': tokenizerFile('vocab.json', () => [bytesOf(bytePair.model.vocab)], {
    'merges.txt': '#version: 0.2\nt h\nth e\n',
  }),
  'merges.txt': tokenizerFile('merges.txt', () => [bytesOf('#version: 0.2\nt h\nth e\n')], {
    'vocab.json': JSON.stringify(bytePair.model.vocab),
  }),
  'vocab.txt': tokenizerFile('vocab.txt', () => [bytesOf(['[UNK]', '[CLS]', '[SEP]', ...words].join('\n'))]),
  'tokenizer.bin': tokenizerFile('tokenizer.bin', () => [llama2cVocabulary()]),
}

/** A tokenizer.bin of llama2.c: the longest piece, then score, length and bytes of each. */
function llama2cVocabulary(): Uint8Array {
  const pieces = ['<unk>', '<s>', '</s>', ...Array.from({ length: 256 }, (_, byte) => byteName(byte))]
  pieces.push('▁', 't', 'h', 'e', 'th', 'the', '▁the')
  const parts: Buffer[] = [Buffer.from(Int32Array.of(7).buffer)]
  for (const [i, piece] of pieces.entries()) {
    const text = Buffer.from(piece)
    const head = Buffer.alloc(8)
    head.writeFloatLE(-i, 0)
    head.writeInt32LE(text.length, 4)
    parts.push(head, text)
  }
  return new Uint8Array(Buffer.concat(parts))
}

const byteName = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
