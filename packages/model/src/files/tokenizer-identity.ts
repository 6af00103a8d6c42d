import type { GptConfig } from '../config.ts'
import { ModelFileError } from '../errors/index.ts'

/** What tells a tokenizer from others; those of `@tinystories/tokenizer` have it. */
export interface IdentifiableTokenizer {
  /** One more than the highest id. */
  readonly vocabSize: number
  idToToken(id: number): string | undefined
  /** Its `tokenizer.json`, whose model has the merges of byte-pair encoding. */
  toJSON(): { model: object }
}

/** Whether a tokenizer is known to be the model's. */
export interface TokenizerCheck {
  /** `hash`: it is. `sizes`: the model was saved without a hash, and only the sizes were compared. */
  by: 'hash' | 'sizes'
  /** Ids of the model that the tokenizer does not have: published models round their vocabulary up. */
  unusedIds: number
}

/** Unused ids that a model may have: its vocabulary rounded up to a multiple of 512, and of small ones a tenth. */
const MOST_UNUSED = 512

/**
 * SHA-256 in hexadecimal of the tokens in the order of their ids and of the merges, where it has some: saved with a model, it
 * tells whether a tokenizer is the one that the model was trained with.
 *
 * @returns undefined where the platform computes no checksums: in pages that were not served securely
 */
export async function tokenizerHash(tokenizer: IdentifiableTokenizer): Promise<string | undefined> {
  const { model } = tokenizer.toJSON()
  const tokens = tokensOf(tokenizer)
  return sha256('merges' in model ? [tokens, model.merges] : tokens)
}

function tokensOf(tokenizer: IdentifiableTokenizer): (string | null)[] {
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id) ?? null)
}

async function sha256(value: unknown): Promise<string | undefined> {
  const { subtle } = globalThis.crypto ?? {}
  if (subtle === undefined) return undefined
  const digest = await subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(value)))
  return Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** Models that were saved earlier have a hash of the tokens alone. */
async function isHashOf(hash: string, known: string, tokenizer: IdentifiableTokenizer): Promise<boolean> {
  return known === hash || known === (await sha256(tokensOf(tokenizer)))
}

/**
 * Refuses a tokenizer that is not the model's: by the hash that was saved with the model, or else by the sizes of both.
 *
 * @param path the model's name, for messages
 * @throws ModelFileError `wrong-tokenizer`
 */
export async function checkTokenizer(
  model: { config: GptConfig; tokenizerHash?: string | undefined },
  tokenizer: IdentifiableTokenizer,
  path: string,
): Promise<TokenizerCheck> {
  const { vocabSize } = model.config
  const tokens = tokenizer.vocabSize
  const unusedIds = vocabSize - tokens
  const hash = model.tokenizerHash === undefined ? undefined : await tokenizerHash(tokenizer)
  const fits =
    hash === undefined
      ? unusedIds >= 0 && (unusedIds === 0 || unusedIds < Math.min(MOST_UNUSED, vocabSize / 10))
      : (await isHashOf(hash, model.tokenizerHash!, tokenizer)) && unusedIds >= 0
  if (!fits) throw new ModelFileError('wrong-tokenizer', { path, tokens, vocabSize })
  return { by: hash === undefined ? 'sizes' : 'hash', unusedIds }
}
