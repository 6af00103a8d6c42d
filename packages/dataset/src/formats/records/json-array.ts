import { parseJson } from './json-lines.ts'
import type { ToStory } from './meaning.ts'
import { RecordProblem, type Span, type Splitter, type StoryFormat } from './record-format.ts'

const code = (character: string): number => character.charCodeAt(0)
const quote = code('"')
const backslash = code('\\')
const comma = code(',')
const colon = code(':')
const openList = code('[')
const closeList = code(']')
const openObject = code('{')
const closeObject = code('}')

const shapes = 'Give [ … ] or {"texts": [ … ]}; for one JSON value a line use the ending .jsonl'

/** A JSON list of stories, at the top or as the first list in an object (`{"texts": [ … ]}`), read item by item. */
export function jsonArrayFormat(toStory: ToStory): StoryFormat {
  return {
    name: 'json',
    unit: 'item',
    tooLong: 'Check the JSON: a quote or bracket is open there',
    splitter: listSplitter,
    parse: text => toStory(parseJson(text, 'Mend or remove the item')),
  }
}

function listSplitter(resumed: boolean): Splitter {
  // After a resume the list is open, and a comma may or may not be next.
  let phase: 'prefix' | 'item' | 'resumed' = resumed ? 'resumed' : 'prefix'
  let scanner: ValueScanner | undefined
  // Where the value starts and how far it was looked at, both counted from `start`.
  let from = 0
  let looked = 0

  const give = (span: Span): Span => {
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
          const open = listStart(bytes, start)
          if (open < 0) {
            if (final)
              throw new RecordProblem('the JSON ends before a list of stories begins', shapes, bytes.length)
            return 'more'
          }
          at = open
        }
        at = skipSpace(bytes, at)
        if (bytes[at] === comma && (phase === 'item' || phase === 'resumed')) at = skipSpace(bytes, at + 1)
        else if (phase === 'item' && at < bytes.length && bytes[at] !== closeList) {
          throw new RecordProblem('a comma or ] is missing after an item', 'Mend the JSON', at)
        }
        if (at >= bytes.length) {
          if (!final) return 'more'
          throw new RecordProblem(
            'the JSON ends in the middle of the list',
            'Copy or download the file again',
            at,
          )
        }
        if (bytes[at] === closeList) {
          const behind = skipSpace(bytes, at + 1)
          if (behind >= bytes.length) return final ? 'end' : 'more'
          if (bytes[behind] === comma || bytes[behind] === closeObject) return 'end'
          throw new RecordProblem(
            'something follows the list of stories',
            'Put all stories into one list',
            behind,
          )
        }
        from = at - start
        looked = from
        scanner = valueScanner()
      }
      const end = scanner(bytes, start + looked)
      if (end >= 0) return give({ from: start + from, to: end, next: end })
      looked = bytes.length - start
      if (!final) return 'more'
      throw new RecordProblem(
        'the JSON ends in the middle of an item',
        'Copy or download the file again',
        start + from,
      )
    },
  }
}

/** Looks on from an index; the index behind the value, or -1 when it goes on. */
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

/** Index behind the `[` of the list of stories; -1 when it has not come yet. */
function listStart(bytes: Uint8Array, start: number): number {
  let at = skipSpace(bytes, start)
  if (at >= bytes.length) return -1
  if (bytes[at] === openList) return at + 1
  if (bytes[at] !== openObject) throw new RecordProblem('this is not a JSON list', shapes, at)
  for (at++; ; at++) {
    const key = skipSpace(bytes, at)
    if (key < bytes.length && bytes[key] !== quote)
      throw new RecordProblem('no list in this JSON object', shapes, key)
    const keyEnd = valueScanner()(bytes, key)
    if (keyEnd < 0) return -1
    const mark = skipSpace(bytes, keyEnd)
    if (mark < bytes.length && bytes[mark] !== colon)
      throw new RecordProblem('a colon is missing', 'Mend the JSON', mark)
    const value = skipSpace(bytes, mark + 1)
    if (value >= bytes.length) return -1
    if (bytes[value] === openList) return value + 1
    const end = valueScanner()(bytes, value)
    if (end < 0) return -1
    at = skipSpace(bytes, end)
    if (at >= bytes.length) return -1
    if (bytes[at] !== comma) throw new RecordProblem('no list in this JSON object', shapes, at)
  }
}

function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from
  while (at < bytes.length && isSpace(bytes[at]!)) at++
  return at
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
