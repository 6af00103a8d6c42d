import type { ByteSource } from '../bytes/byte-source.ts'
import { DatasetError } from '../errors/dataset-error.ts'
import type { ItemFile, ItemReader, RecordReaderOptions } from '../formats/item-file.ts'
import { fieldsOf, type Json } from '../stream/json.ts'
import type { RunContext, Stage, StageCursor } from '../stream/stage.ts'

/** What a {@link recordSource} reads. */
export interface RecordSourceOptions<T> extends RecordReaderOptions {
  /** Names the source in the recipe. Not the path, so that a run can be resumed where the file lies elsewhere. */
  recipe: string
  /** Finds the file; called once for each iteration. */
  find(signal: AbortSignal): Promise<ItemFile<T>>
}

/** Items of a file. Positions are byte offsets or row numbers, so items are restored by random access. */
export function recordSource<T>(options: RecordSourceOptions<T>): Stage<T> {
  // An iteration sees one version of the file, and asks a server once for it. Every iteration has its own signal.
  const found = new WeakMap<AbortSignal, Promise<ItemFile<T>>>()
  const find = (signal: AbortSignal): Promise<ItemFile<T>> => {
    let file = found.get(signal)
    if (file === undefined) {
      file = options.find(signal)
      found.set(signal, file)
    }
    return file
  }
  const same = { ...options, find }
  return {
    recipe: [options.recipe],
    // Before the first item is asked for there is no position yet, which the state says as null.
    open: (context, from) => openRecords(same, context, from ?? undefined),
    restore: (positions, context) => restoreRecords(same, positions as readonly number[], context),
    bytesTotal: async context => (await find(context.signal)).bytes.size,
  }
}

function openRecords<T>(
  options: RecordSourceOptions<T>,
  { signal }: RunContext,
  from: Json | undefined,
): StageCursor<T> {
  let reader: ItemReader<T> | undefined
  let bytes: ByteSource | undefined
  let ended = false
  let found = from !== undefined
  const start = async (): Promise<ItemReader<T>> => {
    const file = await options.find(signal)
    bytes = file.bytes
    if (from === undefined) return file.open(options, signal)
    const { offset, record } = fieldsOf(from)
    ended = fieldsOf(from).ended === true
    checkVersion(bytes, from)
    return file.open(options, signal, offset as number, record as number)
  }
  return {
    async next() {
      reader ??= await start()
      if (ended) return undefined
      const item = await reader.next()
      if (item !== undefined) found = true
      else if (found) ended = true
      else throw new DatasetError('no-stories', { source: bytes!.name, empty: false })
      return item
    },
    state() {
      if (reader === undefined) return from ?? null
      return {
        offset: reader.offset,
        record: reader.records,
        size: bytes?.size ?? null,
        ...(bytes?.version === undefined ? {} : { version: bytes.version }),
        ...(ended ? { ended } : {}),
      }
    },
    bytesRead: () => reader?.bytesRead() ?? 0,
    close: async () => reader?.close(),
  }
}

/** @throws DatasetError `source-mismatch` when the file is another one than that of the state */
function checkVersion(bytes: ByteSource, from: Json): void {
  const { size, version } = fieldsOf(from)
  // A copy on disk has no version, and may serve in place of the file on the server.
  const other = version !== undefined && bytes.version !== undefined && version !== bytes.version
  if ((size ?? undefined) === bytes.size && !other) return
  throw new DatasetError('source-mismatch', {
    source: bytes.name,
    property: other ? 'version' : 'size',
    saved: String(other ? version : size),
    current: String(other ? bytes.version : bytes.size),
  })
}

async function restoreRecords<T>(
  options: RecordSourceOptions<T>,
  positions: readonly number[],
  { signal }: RunContext,
): Promise<T[]> {
  if (positions.length === 0) return []
  const file = await options.find(signal)
  const order = [...positions.keys()].sort((a, b) => positions[a]! - positions[b]!)
  const values = new Array<T>(positions.length)
  let reader: ItemReader<T> | undefined
  let last: { position: number; value: T } | undefined
  try {
    for (const index of order) {
      const position = positions[index]!
      if (last?.position !== position) {
        if (!reader?.reaches(position)) {
          await reader?.close()
          reader = file.open(options, signal, position, 0)
        }
        const item = await reader.next(position)
        if (item === undefined || item.at !== position) {
          throw new DatasetError('source-mismatch', {
            source: file.bytes.name,
            property: 'content',
            saved: `a story at position ${position}`,
            current: item === undefined ? 'nothing there' : `one at ${item.at}`,
          })
        }
        last = { position, value: item.value }
      }
      values[index] = last.value
    }
  } finally {
    await reader?.close()
  }
  return values
}
