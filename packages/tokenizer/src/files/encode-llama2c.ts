import type { TokenizerJson } from '../encoding/tokenizer-json.ts'
import type { BytePairJson } from '../models/byte-pair.ts'
import { CHARACTER_BYTES } from '../text/byte-characters.ts'

/** A token of a `tokenizer.bin`, by tokens of the tokenizer that it was made from. */
export interface Llama2cToken {
  /** Whose embedding it reads. */
  input: number
  /** Whose logit it gets. */
  output: number
}

/** What {@link encodeLlama2c} gives. */
export interface Llama2cVocabulary {
  /** The content of `tokenizer.bin`. */
  file: Uint8Array<ArrayBuffer>
  tokens: Llama2cToken[]
}

interface Piece extends Llama2cToken {
  bytes: Uint8Array
  score: number
}

const BYTE_PIECES = 256
const text = new TextEncoder()

/**
 * The `tokenizer.bin` that llama2.c reads. Its program takes the first 259 tokens to be `<unk>`, `<s>`, `</s>` and the bytes
 * from 0 to 255, so that the tokens of a byte-level vocabulary get other numbers there: a model has to be written with its
 * rows in the order of `tokens`. A vocabulary of SentencePiece with byte fallback, as llama2.c's own models have it, keeps
 * its order.
 *
 * llama2.c puts a blank before every text that it encodes, and joins across words; a byte-level vocabulary has no token
 * that spans two of them. A token that is a part of a character is written as its bytes, which llama2.c prints as they are; we
 * do not read such a file again.
 *
 * @param startId the token before a text, on which llama2.c also ends
 * @param endId the token after a text
 * @returns undefined where llama2.c has no place for the tokenizer
 */
export function encodeLlama2c(
  json: TokenizerJson,
  { startId, endId = startId }: { startId: number; endId?: number | undefined },
): Llama2cVocabulary | undefined {
  const { model } = json
  if (model.type !== 'BPE') return undefined
  const pieces = model.byte_fallback ? ownPieces(model) : byteLevelPieces(json, model, startId, endId)
  return pieces && { file: fileOf(pieces), tokens: pieces.map(({ input, output }) => ({ input, output })) }
}

/** The pieces of a vocabulary that has the order of llama2.c. */
function ownPieces({ vocab, merges }: BytePairJson): Piece[] | undefined {
  const byId = Object.entries(vocab).sort(([, a], [, b]) => a - b)
  const head = ['<unk>', '<s>', '</s>', '<0x00>']
  if (head.some((piece, id) => byId[id]?.[0] !== piece)) return undefined
  const scores = scoresOf(merges)
  return byId.map(([piece, id]) => {
    const shown = id === 1 || id === 2 ? `\n${piece}\n` : piece.replaceAll('▁', ' ')
    return { bytes: text.encode(shown), score: scores.get(piece) ?? 0, input: id, output: id }
  })
}

function byteLevelPieces(
  { pre_tokenizer: split, normalizer, added_tokens: added }: TokenizerJson,
  { vocab, merges }: BytePairJson,
  startId: number,
  endId: number,
): Piece[] | undefined {
  if (normalizer !== null || split?.type !== 'ByteLevel' || split.add_prefix_space) return undefined
  const byteIds = new Map<number, number>()
  for (const [piece, id] of Object.entries(vocab)) {
    const byte = CHARACTER_BYTES.get(piece)
    if (byte !== undefined) byteIds.set(byte, id)
  }
  if (byteIds.size < BYTE_PIECES) return undefined
  // No UTF-8 has this byte, so that no text has this token: tokens that must not be chosen get its logit.
  const never = byteIds.get(0xff)!
  const special = new Set(added.map(({ id }) => id))
  const scores = scoresOf(merges)
  const pieces: Piece[] = [
    { bytes: text.encode('<unk>'), score: 0, input: startId, output: never },
    { bytes: text.encode('\n<s>\n'), score: 0, input: startId, output: startId },
    { bytes: text.encode('\n</s>\n'), score: 0, input: endId, output: endId === startId ? never : endId },
  ]
  for (let byte = 0; byte < BYTE_PIECES; byte++) {
    const hex = byte.toString(16).toUpperCase().padStart(2, '0')
    const id = byteIds.get(byte)!
    // What is a character by itself has a piece below, which is the one to be chosen.
    const isCharacter = byte > 0 && byte < 0x80
    pieces.push({ bytes: text.encode(`<0x${hex}>`), score: 0, input: id, output: isCharacter ? never : id })
  }
  for (const [piece, id] of Object.entries(vocab).sort(([, a], [, b]) => a - b)) {
    if (id === startId || special.has(id)) continue
    const bytes = Uint8Array.from(piece, character => CHARACTER_BYTES.get(character)!)
    if (bytes.length === 1 && (bytes[0]! === 0 || bytes[0]! >= 0x80)) continue
    pieces.push({ bytes, score: scores.get(piece) ?? 0, input: id, output: id })
  }
  return pieces
}

/** What is joined earlier scores higher. */
function scoresOf(merges: BytePairJson['merges']): Map<string, number> {
  const scores = new Map<string, number>()
  for (const [rank, pair] of merges.entries()) {
    const piece = pair.join('')
    if (!scores.has(piece)) scores.set(piece, 0 - rank)
  }
  return scores
}

function fileOf(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const length = pieces.reduce((sum, { bytes }) => sum + 8 + bytes.length, 4)
  const file = new Uint8Array(length)
  const view = new DataView(file.buffer)
  view.setInt32(0, Math.max(...pieces.map(({ bytes }) => bytes.length)), true)
  let at = 4
  for (const { bytes, score } of pieces) {
    view.setFloat32(at, score, true)
    view.setInt32(at + 4, bytes.length, true)
    file.set(bytes, at + 8)
    at += 8 + bytes.length
  }
  return file
}
