import { expect, test } from 'vitest'
import { csvFormat } from './csv.ts'
import { jsonArrayFormat } from './json-array.ts'
import { jsonLinesFormat } from './json-lines.ts'
import { linesFormat } from './lines.ts'
import type { RecordFormat } from './record-format.ts'
import { textFormat } from './text.ts'

const toStory = () => undefined
const csv = (escaping: 'double' | 'backslash'): RecordFormat =>
  csvFormat(
    {
      dialect: { delimiter: 0x2c, quote: 0x22, escape: escaping, lineEnd: 0x0a },
      columns: ['text'],
      length: 0,
    },
    toStory,
  )

/** Bytes that count how many of them were looked at. */
function counted(bytes: Uint8Array): { bytes: Uint8Array; looked: () => number } {
  let looked = 0
  const proxy = new Proxy(bytes, {
    get(target, key) {
      if (key === 'indexOf') {
        return (wanted: number, from = 0) => {
          const found = target.indexOf(wanted, from)
          looked += (found < 0 ? target.length : found + 1) - from
          return found
        }
      }
      if (key === 'subarray') return target.subarray.bind(target)
      if (typeof key === 'string' && /^\d+$/.test(key)) looked++
      return Reflect.get(target, key, target)
    },
  })
  return { bytes: proxy, looked: () => looked }
}

const size = 16_384
const long = 'a'.repeat(size)

test.each<[string, RecordFormat, string]>([
  ['text', textFormat(undefined, toStory), long],
  ['text of what separators begin with', textFormat(undefined, toStory), '<|endoftext|'.repeat(size / 12)],
  ['text of one line', textFormat('---', toStory), long],
  ['text of many lines', textFormat('---', toStory), 'a\n'.repeat(size / 2)],
  ['a line', linesFormat(toStory), long],
  ['a line of JSON', jsonLinesFormat(toStory), `"${long}`],
  ['an item of a JSON list', jsonArrayFormat(toStory), `["${long}`],
  ['what comes before a JSON list', jsonArrayFormat(toStory), `{"note": "${long}`],
  ['blanks before a JSON list', jsonArrayFormat(toStory), ' '.repeat(size)],
  ['a row of CSV', csv('double'), `"${long}`],
  ['a row of quotes', csv('double'), '"'.repeat(size)],
  ['a row with backslashes', csv('backslash'), `"${'\\"'.repeat(size / 2)}`],
])('%s that comes in pieces is looked at a bounded number of times', (_what, format, text) => {
  const bytes = new TextEncoder().encode(text)
  const splitter = format.splitter(false)
  let total = 0
  for (let end = 64; end <= bytes.length; end += 64) {
    const piece = counted(bytes.subarray(0, end))
    splitter.scan(piece.bytes, 0, false)
    total += piece.looked()
  }
  // Looking from the start each time would take 128 times as many.
  expect(total).toBeLessThan(8 * bytes.length)
})
