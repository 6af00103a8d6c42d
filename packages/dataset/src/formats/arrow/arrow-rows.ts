import { messageOf } from '@tinystories/utils/errors'
import type { Column, Table } from '@uwdata/flechette'
import { findInvalidUtf8 } from '../../bytes/utf8.ts'
import { DatasetError } from '../../errors/dataset-error.ts'
import { defaultMaxStoryBytes, type RecordReaderOptions } from '../item-file.ts'
import { knownFields, textFields } from '../records/story-record.ts'
import type { Part } from './arrow-parts.ts'
import { useDecompressors } from './decompress-buffers.ts'

/** Rows of a batch, read when they are asked for. */
export type BatchRows = (index: number) => Record<string, unknown>

/** What is to be read of a file. */
export interface ArrowColumns {
  source: string
  textField: string | undefined
}

/**
 * The rows of one batch, of which only the columns that stories are made of are read.
 *
 * @param messages the schema, the dictionaries and the batch
 * @param first number of its first row, for errors
 * @throws DatasetError `missing-text`, `damaged`, `invalid-encoding`, `record-too-long`, `unsupported-compression`
 */
export async function batchRows(
  messages: readonly Uint8Array[],
  rows: number,
  first: number,
  { source, textField }: ArrowColumns,
  options: RecordReaderOptions,
): Promise<BatchRows> {
  const { invalidUtf8 = 'error', maxStoryBytes = defaultMaxStoryBytes } = options
  const place = { unit: 'row', number: first + 1, last: first + rows } as const
  const rowPlace = (index: number) => ({ unit: 'row', number: first + index + 1 }) as const
  const guarded = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      if (DatasetError.isInstance(error)) throw error
      const details = { source, place, format: 'arrow', problem: messageOf(error) }
      throw new DatasetError('damaged', details, { cause: error })
    }
  }
  const [{ tableFromIPC }, { isNull, isSound, withSoundDictionaries }] = await Promise.all([
    import('@uwdata/flechette'),
    import('./arrow-parts.ts'),
  ])
  await useDecompressors(source, place)
  const table = guarded((): Table => withSoundDictionaries(() => tableFromIPC([...messages])))
  const { names } = table
  const tried = textField === undefined ? textFields : [textField]
  const text = tried.find(name => names.includes(name))
  if (text === undefined) throw new DatasetError('missing-text', { source, textField, tried, found: names })
  const columns = names
    .filter(name => name === text || knownFields.includes(name))
    .map((name): [string, Column<unknown>] => [name, guarded(() => table.getChild(name)) as Column<unknown>])
  for (const [name, column] of columns) {
    guarded(() => {
      const parts = column.data as unknown as readonly Part[]
      // A column of nothing but nulls takes no bytes.
      if (name !== text && parts.every(isNull)) return
      const found = parts.reduce((sum, part) => sum + part.length, 0)
      if (found !== rows || !parts.every(isSound)) throw new Error(`the column ${name} is not whole`)
    })
    const wrong = invalidUtf8 === 'error' ? guarded(() => invalidRow(column)) : undefined
    if (wrong !== undefined)
      throw new DatasetError('invalid-encoding', { source, place: rowPlace(wrong), encoding: 'utf-8' })
  }
  return index => {
    const record = guarded(() =>
      Object.fromEntries(columns.map(([name, column]) => [name, column.at(index)])),
    )
    const value = record[text]
    if (typeof value === 'string' && value.length > maxStoryBytes) {
      const details = { source, place: rowPlace(index), format: 'arrow', limit: maxStoryBytes }
      throw new DatasetError('record-too-long', details)
    }
    return record
  }
}

/** The first row of a column of text that is not valid UTF-8. */
function invalidRow(column: Column<unknown>): number | undefined {
  for (const batch of column.data) {
    const { offsets, values } = batch as unknown as Part
    if (offsets === undefined || !(values instanceof Uint8Array)) continue
    const at = (index: number): number => Number(offsets[index])
    const found = findInvalidUtf8(values.subarray(at(0), at(batch.length)))
    if (found < 0) continue
    for (let index = 0; index < batch.length; index++)
      if (findInvalidUtf8(values.subarray(at(index), at(index + 1))) >= 0) return index
  }
  return undefined
}
