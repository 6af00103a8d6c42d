import type { PretrainedArrays } from '@tinystories/model/files'
import type { Tokenizer } from '@tinystories/tokenizer'
import { samplingDefaults } from '../recipe/write-story.ts'

/** JSON as files have it. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** How transformers samples unless it is asked otherwise: as `generate` does. */
export function generationConfig({ stopIds, startId }: PretrainedArrays): object {
  const { temperature, topP, maxTokens } = samplingDefaults
  return {
    bos_token_id: startId ?? stopIds[0] ?? null,
    eos_token_id: stopIds.length > 1 ? stopIds : (stopIds[0] ?? null),
    pad_token_id: stopIds[0] ?? null,
    do_sample: true,
    temperature,
    top_p: topP,
    max_new_tokens: maxTokens,
  }
}

/** `tokenizer_config.json` and `special_tokens_map.json`. */
export function tokenizerConfig(tokenizer: Tokenizer, contextLength: number): Record<string, string> {
  const { endOfTextId } = tokenizer
  const end = endOfTextId === undefined ? undefined : tokenizer.idToToken(endOfTextId)
  const { model, decoder } = tokenizer.toJSON()
  const unknown = model.unk_token ?? undefined
  const special = {
    ...(end !== undefined && { bos_token: end, eos_token: end, pad_token: end }),
    ...(unknown !== undefined && { unk_token: unknown }),
  }
  const settings = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: contextLength,
    // Their WordPiece decoder cleans up within a token alone (`didn ' t`), ours as BERT's: over the whole text (`didn't`).
    clean_up_tokenization_spaces: decoder?.type === 'WordPiece' && decoder.cleanup,
    // transformers.js pads on the right by default, and a decoder goes on from the right end.
    padding_side: 'left',
    ...special,
  }
  return { 'tokenizer_config.json': json(settings), 'special_tokens_map.json': json(special) }
}
