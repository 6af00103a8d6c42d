import type { ByteReader, ByteSource } from '../../bytes/byte-source.ts'
import { ByteTaker } from '../../bytes/decoders/byte-taker.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import type { RecordReaderOptions } from '../item-file.ts'
import type { Rows, RowTable } from '../row-file.ts'
import { arrowMagic, readMessageHead } from './arrow-messages.ts'
import { type ArrowColumns, type BatchRows, batchRows } from './arrow-rows.ts'

/** A batch that was met: where its message begins, its first row, and how many dictionaries came before it. */
interface MetBatch {
  offset: number
  first: number
  dictionaries: number
}

/** What is known of a file once it was read that far; passes that begin later on use it. */
interface Met {
  schema: Uint8Array | undefined
  dictionaries: Uint8Array[]
  batches: MetBatch[]
}

/** An Arrow stream or file (Feather 2), read batch by batch. */
export function arrowTable(bytes: ByteSource, textField: string | undefined): RowTable {
  const met: Met = { schema: undefined, dictionaries: [], batches: [] }
  const columns = { source: bytes.name, textField }
  return {
    bytes,
    open: (options, signal, { from = 0 } = {}) => openRows(bytes, met, columns, options, signal, from),
  }
}

function openRows(
  bytes: ByteSource,
  met: Met,
  columns: ArrowColumns,
  options: RecordReaderOptions,
  signal: AbortSignal,
  from: number,
): Rows {
  // The last batch that is known to begin at or before the row that is wanted.
  const begin = met.batches.findLast(({ first }) => first <= from) ?? { offset: 0, first: 0, dictionaries: 0 }
  const reader: ByteReader = bytes.open(begin.offset, signal)
  const input = new ByteTaker(reader, bytes.name, 'arrow')
  let dictionaries = begin.dictionaries
  let [first, count] = [begin.first, 0]
  let current: BatchRows | undefined

  /** The next batch becomes the current one; it is decoded if it has a row that is wanted. */
  const advance = async (row: number): Promise<boolean> => {
    if (input.taken === 0 && begin.offset === 0 && (await input.fill(8))) {
      if (arrowMagic.every((byte, i) => input.bytes[i] === byte)) input.skip(8)
    }
    first += count
    count = 0
    current = undefined
    for (;;) {
      signal.throwIfAborted()
      const offset = begin.offset + input.taken
      const head = await readMessageHead(input)
      if (head === undefined) return false
      checkBody(bytes.name, head.bodyLength, options)
      if (head.kind === 'batch') {
        if (met.schema === undefined) throw input.damaged('a batch comes before the schema')
        if ((met.batches.at(-1)?.offset ?? -1) < offset) met.batches.push({ offset, first, dictionaries })
        count = head.rows
        if (row >= first + count) {
          await skip(input, head.bodyLength)
          first += count
          count = 0
          continue
        }
        const body = await input.take(head.bodyLength)
        const known = met.dictionaries.slice(0, dictionaries)
        const messages = [met.schema, ...known, joined(head.bytes, body)]
        current = await batchRows(messages, count, first, columns, options)
        return true
      }
      const message = joined(head.bytes, await input.take(head.bodyLength))
      if (head.kind === 'schema') met.schema ??= message
      else if (head.kind === 'dictionary' && ++dictionaries > met.dictionaries.length)
        met.dictionaries.push(message)
    }
  }
  return {
    async row(row) {
      signal.throwIfAborted()
      while (current === undefined || row >= first + count) if (!(await advance(row))) return undefined
      return current(row - first)
    },
    bytesBefore: () => reader.position(),
    close: () => reader.close(),
  }
}

function checkBody(
  source: string,
  length: number,
  { maxRowGroupBytes = 1024 ** 3 }: RecordReaderOptions,
): void {
  if (length <= maxRowGroupBytes) return
  throw new DatasetError('limit-exceeded', {
    source,
    what: 'a batch takes too many bytes',
    option: 'maxRowGroupBytes',
    limit: maxRowGroupBytes,
    actual: length,
  })
}

async function skip(input: ByteTaker, length: number): Promise<void> {
  for (let left = length; left > 0; ) {
    const count = Math.min(left, Math.max(1, input.bytes.length))
    await input.take(count)
    left -= count
  }
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(head.length + body.length)
  message.set(head)
  message.set(body, head.length)
  return message
}
