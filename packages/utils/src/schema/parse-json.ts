import { messageOf } from '../errors/message-of.ts'
import { InputError } from './errors.ts'

/** Options of {@link parseJson}. */
export interface ParseJsonOptions {
  /** The file or address that the text came from, for errors. */
  source: string
  /** How deeply lists and objects may be nested. Default: 128. */
  maxDepth?: number
}

/**
 * Parses JSON of unknown origin.
 *
 * @throws InputError `not-json`, or `too-deep` before any recursive code sees the value
 */
export function parseJson(text: string, { source, maxDepth = 128 }: ParseJsonOptions): unknown {
  if (nestsDeeper(text, maxDepth)) throw new InputError('too-deep', { source, limit: maxDepth })
  try {
    return JSON.parse(text)
  } catch (error) {
    const problem = messageOf(error)
    throw new InputError('not-json', { source, problem }, { cause: error })
  }
}

const quote = 0x22
const backslash = 0x5c

function nestsDeeper(text: string, limit: number): boolean {
  // Most texts have too few brackets for that, which the engine tells ten times as fast as the loop below.
  if (countAtMost(text, '[', limit + 1) + countAtMost(text, '{', limit + 1) <= limit) return false
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (inString) {
      if (unit === backslash) at++
      else if (unit === quote) inString = false
    } else if (unit === quote) inString = true
    else if (unit === 0x5b || unit === 0x7b) {
      if (++depth > limit) return true
    } else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return false
}

/** How often a character occurs, counted up to `most`. */
function countAtMost(text: string, character: string, most: number): number {
  let count = 0
  for (let at = text.indexOf(character); at >= 0 && count < most; at = text.indexOf(character, at + 1))
    count++
  return count
}
