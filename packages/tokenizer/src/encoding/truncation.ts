import { wholeNumber } from '../errors/checks.ts'
import { TokenizerError } from '../errors/tokenizer-error.ts'

/** How a text, or a pair, that is too long is cut. */
export interface TruncationOptions {
  /** Most tokens, special tokens included. */
  maxLength: number
  /** Which text of a pair is cut: the longer one, the first, the second. Default `longest_first`. */
  strategy?: 'longest_first' | 'only_first' | 'only_second'
  /** Tokens that each overflowing part repeats from the part before. Default 0. */
  stride?: number
  /** Which end is cut off. Default `right`. */
  direction?: 'right' | 'left'
}

/** Tokens `[from, to)` of a text. */
export type TokenRange = readonly [from: number, to: number]

/**
 * Cuts one or two texts of `lengths` tokens to `room` tokens in all. Of each text's parts the first is kept,
 * the others overflow. The same arithmetic as the Rust library's.
 *
 * @throws {TokenizerError} when the strategy or stride cannot be followed.
 */
export function truncate(
  lengths: readonly number[],
  room: number,
  options: TruncationOptions,
): TokenRange[][] {
  const { strategy = 'longest_first' } = options
  const [first, second] = lengths as [number, number | undefined]
  const total = first + (second ?? 0)
  const whole = [...lengths]
  if (total > room) {
    if (room === 0) whole.fill(0)
    else if (strategy === 'longest_first') [whole[0], whole[1]] = longestFirst(first, second, room)
    else {
      const which = strategy === 'only_first' ? 0 : 1
      const length = lengths[which]
      if (length === undefined) {
        throw new TokenizerError('invalid-option', {
          option: 'truncation.strategy',
          value: strategy,
          expected: 'longest_first or only_first, since there is no pair',
        })
      }
      if (length <= total - room) {
        throw new TokenizerError('invalid-option', {
          option: 'truncation.strategy',
          value: strategy,
          expected: `longest_first, since ${total - room} tokens must go and that text has ${length}`,
        })
      }
      whole[which] = length - (total - room)
    }
  }
  return lengths.map((length, i) => parts(length, whole[i]!, options))
}

/** Lengths of both texts when the longer one is cut first. */
function longestFirst(first: number, second: number | undefined, room: number): [number, number] {
  if (second === undefined) return [room, 0]
  let short = Math.min(first, second)
  let long = short > room ? short : Math.max(short, room - short)
  if (short + long > room) {
    short = Math.floor(room / 2)
    long = short + (room % 2)
  }
  return first > second ? [long, short] : [short, long]
}

function parts(
  length: number,
  kept: number,
  { stride = 0, direction = 'right' }: TruncationOptions,
): TokenRange[] {
  const all: TokenRange = [0, length]
  if (kept >= length) return [all]
  if (kept === 0) return [[0, 0], all]
  if (stride >= kept) {
    throw new TokenizerError('invalid-option', {
      option: 'truncation.stride',
      value: stride,
      expected: `less than the ${kept} tokens that are kept of the text`,
    })
  }
  const ranges: TokenRange[] = []
  for (let moved = 0; ; moved += kept - stride) {
    const end = Math.min(moved + kept, length)
    ranges.push(direction === 'right' ? [moved, end] : [length - end, length - moved])
    if (end === length) return ranges
  }
}

/** How texts are cut by default. */
export interface TruncationJson {
  max_length: number
  strategy: 'LongestFirst' | 'OnlyFirst' | 'OnlySecond'
  stride: number
  direction: 'Left' | 'Right'
}

const STRATEGIES = {
  LongestFirst: 'longest_first',
  OnlyFirst: 'only_first',
  OnlySecond: 'only_second',
} as const satisfies Record<TruncationJson['strategy'], TruncationOptions['strategy']>

/** The options that tokenizer.json states. */
export function truncationFromJson(json: TruncationJson): TruncationOptions {
  return {
    maxLength: json.max_length,
    strategy: STRATEGIES[json.strategy],
    stride: json.stride,
    direction: json.direction === 'Left' ? 'left' : 'right',
  }
}

/** Room for the texts beside `special` tokens. */
export function roomBeside(special: number, { maxLength, stride = 0 }: TruncationOptions): number {
  wholeNumber('truncation.maxLength', maxLength)
  wholeNumber('truncation.stride', stride)
  if (maxLength < special) {
    throw new TokenizerError('invalid-option', {
      option: 'truncation.maxLength',
      value: maxLength,
      expected: `room for the ${special} special tokens`,
    })
  }
  return maxLength - special
}
