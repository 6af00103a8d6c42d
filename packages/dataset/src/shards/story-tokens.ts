import { createHash } from 'node:crypto'
import type { StoryTokenizer } from '../stream/tokens.ts'
import { encodeStory } from '../transforms/encode-story.ts'
import { type TokenArray, type TokenDtype, tokenArray } from './dtype.ts'
import { TokenShardError } from './token-shard-error.ts'

/** Stories to tokenize. */
export interface TokenJob {
  /** Number of the first one in the stream. */
  first: number
  texts: readonly string[]
  /** What comes before each text, where there is anything. */
  prompts?: readonly (string | undefined)[]
}

/** What comes of a {@link TokenJob}; the arrays' memory is transferred between threads. */
export interface TokenJobResult {
  /** Of all stories, the end token behind each. A story without a token has none. */
  tokens: TokenArray
  /** For each story where it ends in `tokens`. */
  ends: Uint32Array<ArrayBuffer>
  /** For each story the UTF-8 bytes of its text. */
  bytes: Uint32Array<ArrayBuffer>
  /** For each story the tokens of its prompt. */
  promptTokens: Uint32Array<ArrayBuffer>
  /** For each story {@link digestWords} words of a digest of its number and text. */
  digests: Uint32Array<ArrayBuffer>
}

/** Words of a story's digest: 128 bits. */
export const digestWords = 4

/** Turns stories into tokens; the same in every thread. */
export function tokenizeStories(
  { first, texts, prompts }: TokenJob,
  tokenizer: StoryTokenizer,
  { eos, dtype }: { eos: number; dtype: TokenDtype },
): TokenJobResult {
  const promptTokens = new Uint32Array(texts.length)
  const encoded = texts.map((text, i) => {
    const { ids, promptTokens: length } = encodeStory(tokenizer, text, prompts?.[i])
    promptTokens[i] = length
    return ids
  })
  const total = encoded.reduce((sum, ids) => sum + (ids.length === 0 ? 0 : ids.length + 1), 0)
  const tokens = tokenArray(dtype, total)
  const ends = new Uint32Array(texts.length)
  const bytes = new Uint32Array(texts.length)
  const digests = new Uint32Array(texts.length * digestWords)
  const limit = dtype === 'uint16' ? 0xffff : 0xffff_ffff
  let at = 0
  for (const [i, ids] of encoded.entries()) {
    for (let k = 0; k < ids.length; k++) {
      const id = ids[k]!
      if (!(Number.isInteger(id) && id >= 0 && id <= limit)) {
        throw new TokenShardError('token-too-large', { story: first + i, id, dtype })
      }
      tokens[at++] = id
    }
    if (ids.length > 0) tokens[at++] = eos
    ends[i] = at
    bytes[i] = Buffer.byteLength(texts[i]!)
    digests.set(storyDigest(first + i, texts[i]!), i * digestWords)
  }
  return { tokens, ends, bytes, promptTokens, digests }
}

/** {@link digestWords} words of a digest of a story's number and text. */
export function storyDigest(number: number, text: string): Uint32Array {
  const digest = createHash('sha256').update(`${number}\n${text}`).digest()
  return Uint32Array.from({ length: digestWords }, (_, word) => digest.readUInt32LE(word * 4))
}

/** A digest of all stories so far: the stories' digests joined by exclusive or, which any cut of the stream leaves the same. */
export class Fingerprint {
  readonly #words: Uint32Array

  constructor(hex: string = '0'.repeat(digestWords * 8)) {
    this.#words = Uint32Array.from({ length: digestWords }, (_, i) =>
      Number.parseInt(hex.slice(i * 8, i * 8 + 8), 16),
    )
  }

  add(digests: Uint32Array, story: number): void {
    for (let word = 0; word < digestWords; word++) {
      this.#words[word] = this.#words[word]! ^ digests[story * digestWords + word]!
    }
  }

  hex(): string {
    return Array.from(this.#words, word => word.toString(16).padStart(8, '0')).join('')
  }
}
