import type { RecordFault } from '../../errors/dataset-error.ts'
import { parseJson } from './json-lines.ts'
import { type RecordFormat, RecordProblem, type Span, type Splitter } from './record-format.ts'
import type { ToStory } from './record-meaning.ts'

const code = (character: string): number => character.charCodeAt(0)
const quote = code('"')
const backslash = code('\\')
const comma = code(',')
const colon = code(':')
const openList = code('[')
const closeList = code(']')
const openObject = code('{')
const closeObject = code('}')

/** A JSON list of stories, at the top or as the first list in an object (`{"texts": [ … ]}`), read item by item. */
export function jsonArrayFormat(toStory: ToStory): RecordFormat {
  return { name: 'json', unit: 'item', splitter: listSplitter, parse: text => toStory(parseJson(text)) }
}

const fault = (fault: RecordFault, index: number): RecordProblem =>
  new RecordProblem('malformed-record', { fault }, index)

function listSplitter(resumed: boolean): Splitter {
  // After a resume the list is open, and a comma may or may not be next.
  let phase: 'prefix' | 'item' | 'resumed' = resumed ? 'resumed' : 'prefix'
  const findList = listFinder()
  let scanner: ValueScanner | undefined
  // Where the value starts and how far it was looked at, both counted from `start`.
  let from = 0
  let looked = 0

  const found = (span: Span): Span => {
    phase = 'item'
    scanner = undefined
    from = 0
    looked = 0
    return span
  }

  return {
    scan(bytes, start, final) {
      if (scanner === undefined) {
        let at = start
        if (phase === 'prefix') {
          at = findList(bytes, start)
          if (at < 0) {
            if (final) throw fault('json-no-list', bytes.length)
            return 'more'
          }
        }
        at = skipSpace(bytes, at)
        if (bytes[at] === comma && phase !== 'prefix') at = skipSpace(bytes, at + 1)
        else if (phase === 'item' && at < bytes.length && bytes[at] !== closeList)
          throw fault('json-missing-comma', at)
        if (at >= bytes.length) {
          if (!final) return 'more'
          throw fault('json-truncated', at)
        }
        if (bytes[at] === closeList) {
          const behind = skipSpace(bytes, at + 1)
          if (behind >= bytes.length) return final ? 'end' : 'more'
          if (bytes[behind] === comma || bytes[behind] === closeObject) return 'end'
          throw fault('json-after-list', behind)
        }
        from = at - start
        looked = from
        scanner = valueScanner()
      }
      const end = scanner(bytes, start + looked)
      if (end >= 0) return found({ from: start + from, to: end, next: end })
      looked = bytes.length - start
      if (!final) return 'more'
      throw fault('json-truncated', start + from)
    },
  }
}

/** Looks on from an index; the index behind the value, or -1 when it continues. */
type ValueScanner = (bytes: Uint8Array, from: number) => number

/** Finds where a JSON value ends, without checking what is in it. */
function valueScanner(): ValueScanner {
  let depth = 0
  let inString = false
  let escaped = false
  let plain = false
  return (bytes, from) => {
    for (let i = from; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) {
          inString = false
          if (depth === 0) return i + 1
        }
      } else if (plain) {
        if (byte === comma || byte === closeList || byte === closeObject || isSpace(byte)) return i
      } else if (byte === quote) inString = true
      else if (byte === openList || byte === openObject) depth++
      else if (byte === closeList || byte === closeObject) {
        if (--depth <= 0) return i + 1
      } else if (depth === 0) plain = true
    }
    return -1
  }
}

/**
 * Finds the index behind the `[` of the list of stories in bytes that grow from `start` on; -1 when it has not come yet.
 * What was looked at is not looked at again.
 */
function listFinder(): (bytes: Uint8Array, start: number) => number {
  let state: 'open' | 'key' | 'colon' | 'value' | 'next' = 'open'
  let looked = 0
  let scanner: ValueScanner | undefined
  return (bytes, start) => {
    let at = start + looked
    for (;;) {
      if (scanner === undefined) at = skipSpace(bytes, at)
      looked = at - start
      if (at >= bytes.length) return -1
      const byte = bytes[at]!
      if (scanner === undefined) {
        if (byte === openList && (state === 'open' || state === 'value')) return at + 1
        if (state === 'open' || state === 'next') {
          if (byte !== (state === 'open' ? openObject : comma)) throw fault('json-no-list', at)
          state = 'key'
          at++
          continue
        }
        if (state === 'colon') {
          if (byte !== colon) throw fault('json-missing-colon', at)
          state = 'value'
          at++
          continue
        }
        if (state === 'key' && byte !== quote) throw fault('json-no-list', at)
        scanner = valueScanner()
      }
      const end = scanner(bytes, at)
      looked = bytes.length - start
      if (end < 0) return -1
      scanner = undefined
      state = state === 'key' ? 'colon' : 'next'
      at = end
    }
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isSpace(bytes[at]!)) at++
  return at
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
