import { ModelFileError } from '@tinystories/model'
import type { GgufValue } from '@tinystories/model/files'
import type { Tokenizer, TokenizerJson } from '@tinystories/tokenizer'

/** Kinds of tokens in GGUF. */
const kinds = { normal: 1, control: 3, userDefined: 4, unused: 5 } as const

/**
 * A vocabulary as the metadata of a GGUF file. llama.cpp knows GPT-2's byte-level BPE and the WordPiece of BERT's uncased
 * models.
 *
 * @param vocabSize tokens of the model; where the tokenizer has fewer, the rest is marked as unused
 * @param startId the token before a story
 * @throws ModelFileError `tokenizer-not-exportable` for another tokenizer
 */
export function ggufVocabulary(
  tokenizer: Tokenizer,
  { vocabSize, startId = tokenizer.endOfTextId }: { vocabSize: number; startId?: number | undefined },
): Record<string, GgufValue> {
  const json = tokenizer.toJSON()
  const isBytePair = json.model.type === 'BPE'
  if (!(isBytePair ? isGpt2(json) : isUncasedBert(json))) {
    const supported = ['byte-level BPE of GPT-2', 'WordPiece of uncased BERT']
    throw new ModelFileError('tokenizer-not-exportable', { format: 'gguf', supported })
  }
  const added = new Map(json.added_tokens.map(({ id, special }) => [id, special]))
  const tokens: string[] = []
  const types: number[] = []
  for (let id = 0; id < vocabSize; id++) {
    const token = id < tokenizer.vocabSize ? tokenizer.idToToken(id) : undefined
    const special = added.get(id)
    if (token === undefined) types.push(kinds.unused)
    else if (special === undefined) types.push(kinds.normal)
    else types.push(special ? kinds.control : kinds.userDefined)
    if (token === undefined) tokens.push(`[unused ${id}]`)
    else tokens.push(isBytePair || special !== undefined ? token : bertToken(token))
  }
  const named = (key: string, id: number | undefined): Record<string, GgufValue> =>
    id === undefined ? {} : { [`tokenizer.ggml.${key}_token_id`]: { uint32: id } }
  const end = tokenizer.endOfTextId
  return {
    'tokenizer.ggml.model': { string: isBytePair ? 'gpt2' : 'bert' },
    'tokenizer.ggml.tokens': { strings: tokens },
    'tokenizer.ggml.token_type': { int32s: types },
    ...(json.model.type === 'BPE' && {
      'tokenizer.ggml.pre': { string: 'gpt-2' },
      'tokenizer.ggml.merges': { strings: json.model.merges.map(pair => pair.join(' ')) },
    }),
    ...named('bos', startId),
    ...named('eos', end),
    ...(!isBytePair && {
      'tokenizer.ggml.token_type_count': { uint32: 1 },
      ...named('unknown', tokenizer.tokenToId('[UNK]')),
      ...named('seperator', end),
      ...named('padding', tokenizer.tokenToId('[PAD]')),
    }),
    'tokenizer.ggml.add_bos_token': { bool: startId !== undefined },
    'tokenizer.ggml.add_eos_token': { bool: false },
  }
}

function isGpt2({ normalizer, pre_tokenizer: pre, model }: TokenizerJson): boolean {
  if (model.type !== 'BPE' || model.byte_fallback || normalizer !== null) return false
  return pre?.type === 'ByteLevel' && !pre.add_prefix_space && pre.use_regex !== false
}

function isUncasedBert({ normalizer, pre_tokenizer: pre, model }: TokenizerJson): boolean {
  if (model.type !== 'WordPiece' || model.continuing_subword_prefix !== '##') return false
  return (
    normalizer?.type === 'BertNormalizer' && normalizer.lowercase === true && pre?.type === 'BertPreTokenizer'
  )
}

/** llama.cpp marks the pieces that begin a word, BERT those that go on with one. */
const bertToken = (token: string): string => (token.startsWith('##') ? token.slice(2) : `\u2581${token}`)
