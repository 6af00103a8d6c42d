import { wholeNumber } from '../errors/checks.ts'
import type { Encoding } from './encoding.ts'

/** How encodings are filled up to one length. */
export interface PaddingOptions {
  /** The longest of the batch (default), or at least this many tokens. */
  length?: 'longest' | number
  /** Round the length up to a multiple of this. Default 1. */
  multipleOf?: number
  /** Which side is filled. Default `right`. */
  direction?: 'right' | 'left'
  /** Token to fill with. Default `[PAD]`, else the token that ends a text. */
  token?: string
  /** Type id of the filling. Default 0. */
  typeId?: number
}

/**
 * Fills up the encodings of a batch.
 *
 * @param id of the padding token.
 * @throws {TokenizerError} on a length or multiple that is no whole number.
 */
export function padAll(encodings: readonly Encoding[], id: number, options: PaddingOptions): Encoding[] {
  const { length = 'longest', multipleOf = 1, direction = 'right', typeId = 0 } = options
  wholeNumber('padding.multipleOf', multipleOf, 1)
  const wanted =
    length === 'longest'
      ? encodings.reduce((most, each) => Math.max(most, each.length), 0)
      : wholeNumber('padding.length', length)
  const target = Math.ceil(wanted / multipleOf) * multipleOf
  return encodings.map(encoding => encoding.pad(target, { id, typeId, direction }))
}

/** How texts are filled up by default. */
export interface PaddingJson {
  strategy: 'BatchLongest' | { Fixed: number }
  direction: 'Left' | 'Right'
  pad_to_multiple_of: number | null
  pad_id: number
  pad_type_id: number
  pad_token: string
}

/** The options that tokenizer.json states. */
export function paddingFromJson(json: PaddingJson): PaddingOptions {
  return {
    length: typeof json.strategy === 'object' ? json.strategy.Fixed : 'longest',
    multipleOf: json.pad_to_multiple_of || 1,
    direction: json.direction === 'Left' ? 'left' : 'right',
    token: json.pad_token,
    typeId: json.pad_type_id,
  }
}
