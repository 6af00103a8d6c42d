import { InputError } from '@tinystories/utils/schema'
import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { BytePairJson } from '../models/byte-pair.ts'
import type { AddedTokenJson } from '../scanners/token-matcher.ts'

const BLANK = '▁'
const SPECIAL = ['<unk>', '<s>', '</s>']

/** A piece of a SentencePiece vocabulary; of two pairs that can be merged the one whose piece scores higher goes first. */
interface ScoredPiece {
  piece: string
  score: number
}

/**
 * The tokenizer.json of a `tokenizer.bin` of llama2.c: SentencePiece's byte-pair encoding with byte fallback.
 *
 * @throws InputError when the file is cut off or holds no such vocabulary
 */
export function llama2cJson(bytes: Uint8Array, source: string): TokenizerJson {
  const pieces = readPieces(bytes, source)
  const vocab = Object.fromEntries(pieces.map(({ piece }, id) => [piece, id]))
  const unknown = SPECIAL.find((token, id) => vocab[token] !== id)
  if (unknown !== undefined || Object.keys(vocab).length < pieces.length) {
    throw new InputError('invalid-value', {
      source,
      path: unknown === undefined ? 'pieces' : `pieces[${SPECIAL.indexOf(unknown)}]`,
      expected: unknown ?? 'pieces that differ',
      received: unknown === undefined ? 'the same piece twice' : 'another piece',
    })
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: SPECIAL.map((content, id): AddedTokenJson => {
      const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
      return { id, content, ...flags }
    }),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: BLANK },
        { type: 'Replace', pattern: { String: ' ' }, content: BLANK },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '<s>', type_id: 1 } },
        { Sequence: { id: 'B', type_id: 1 } },
      ],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: BLANK }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: mergesOf(pieces, vocab),
    },
  }
}

/** The length of the longest piece, then for each piece its score (float32), its length (int32) and its UTF-8. */
function readPieces(bytes: Uint8Array, source: string): ScoredPiece[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const pieces: ScoredPiece[] = []
  for (let at = 4; at < bytes.length || pieces.length === 0; ) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : -1
    if (length < 0 || at + 8 + length > bytes.length) throw invalid(source, pieces.length)
    try {
      const text = decoder.decode(bytes.subarray(at + 8, at + 8 + length))
      // llama2.c writes the blank as it is, and sets line breaks around <s> and </s>.
      const piece = /^\n<\/?s>\n$/.test(text) ? text.trim() : text.replaceAll(' ', BLANK)
      pieces.push({ piece, score: view.getFloat32(at, true) })
    } catch {
      throw invalid(source, pieces.length)
    }
    at += 8 + length
  }
  return pieces
}

function invalid(source: string, piece: number): InputError {
  return new InputError('invalid-value', {
    source,
    path: `pieces[${piece}]`,
    expected: 'a score, a length and so many bytes of text',
    received: 'something else',
  })
}

/** Every way to make a piece of two others, the piece with the highest score first. */
function mergesOf(pieces: readonly ScoredPiece[], vocab: Record<string, number>): BytePairJson['merges'] {
  const ordered = pieces.filter(({ piece }) => !SPECIAL.includes(piece)).sort((a, b) => b.score - a.score)
  return ordered.flatMap(({ piece }) => {
    const characters = [...piece]
    return characters.slice(1).flatMap((_, i): [string, string][] => {
      const left = characters.slice(0, i + 1).join('')
      const right = piece.slice(left.length)
      return Object.hasOwn(vocab, left) && Object.hasOwn(vocab, right) ? [[left, right]] : []
    })
  })
}
