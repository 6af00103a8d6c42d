import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  type CleaningReport,
  type CleaningRules,
  cleanStories,
  createCleaningReport,
  openStories,
  parquetBytes,
  type Story,
} from '@tinystories/dataset'
import { createFolder, writeFileAtomically } from '@tinystories/utils/disk'
import { PipelineError } from '../errors.ts'
import { readOptions, type SourceAccess, type StoryFormat } from '../source/read-options.ts'

/** Options of {@link writeParquet}. */
export interface WriteParquetOptions extends StoryFormat {
  /** File to write. */
  file: string
  cleaning?: CleaningRules | undefined
  /** Replace the file. Default: an error where there is one. */
  overwrite?: boolean | undefined
  access?: SourceAccess
  signal?: AbortSignal
  onProgress?: (progress: { stories: number; bytesRead: number; bytesTotal: number | undefined }) => void
}

/** What {@link writeParquet} wrote. */
export interface ParquetReport {
  stories: number
  /** What cleaning did; undefined without. */
  cleaning: CleaningReport | undefined
}

/**
 * Writes the stories of a source to a parquet file, which appears whole or not at all.
 *
 * @throws PipelineError `file-exists`, `nothing-left`; FileError; what the dataset throws
 */
export async function writeParquet(source: string, options: WriteParquetOptions): Promise<ParquetReport> {
  const { file, cleaning, overwrite = false, access, signal, onProgress } = options
  if (!overwrite && (await exists(file))) throw new PipelineError('file-exists', { file })
  const report = createCleaningReport()
  const opened = openStories(source, readOptions(options, access))
  const stories = cleaning ? cleanStories(opened, { ...cleaning, report }) : opened
  const cursor = stories.iterate(signal ? { signal } : {})
  let count = 0
  const counted = async function* (): AsyncGenerator<Story> {
    for await (const story of cursor) {
      yield story
      if (++count % 256 === 0) onProgress?.({ stories: count, ...bytesOf(cursor.progress()) })
    }
    if (count === 0) throw new PipelineError('nothing-left', {})
  }
  await createFolder(dirname(file))
  await writeFileAtomically(file, parquetBytes(counted()))
  return { stories: count, cleaning: cleaning && report }
}

const bytesOf = <T extends { bytesRead: number; bytesTotal: number | undefined }>({
  bytesRead,
  bytesTotal,
}: T): { bytesRead: number; bytesTotal: number | undefined } => ({ bytesRead, bytesTotal })

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
