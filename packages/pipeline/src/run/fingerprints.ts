import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatasetError, listFiles } from '@tinystories/dataset'
import { openToRead, readFileBytes, toFileError } from '@tinystories/utils/disk'
import { isNamedSource } from '../source/is-named-source.ts'
import { findShards } from '../source/shard-folders.ts'
import type { RunFolder } from './run-folder.ts'
import type { RunSettings } from './run-settings.ts'

/** What a run is made of, so that a resume with something else is recognized: see `RunFolderOptions.identity`. */
export async function fingerprints(run: RunFolder, settings: RunSettings): Promise<Record<string, string>> {
  const { model, data, valid, separator, textField, format, heldOut, batchSize } = settings
  const sources = [await sourceFingerprint(data), valid === null ? null : await sourceFingerprint(valid)]
  return {
    model: sha256(JSON.stringify(model, inOrder)),
    tokenizer: sha256(await readFileBytes(run.tokenizer)),
    data: sha256(
      JSON.stringify([
        ...sources,
        separator,
        heldOut,
        batchSize,
        // Left out where they are null, so that runs of earlier releases can be resumed.
        ...[textField, format].filter(value => value !== null),
        ...(['encoding', 'delimiter', 'quote', 'columns'] as const).flatMap(name =>
          settings[name] === null ? [] : [[name, settings[name]]],
        ),
      ]),
    ),
  }
}

const portion = 1 << 20

/**
 * Size, beginning and end of a file, wherever it lies: files of gigabytes are not read for this.
 *
 * @throws FileError, DatasetError `not-found`
 */
async function sourceFingerprint(source: string): Promise<string> {
  if (isNamedSource(source)) return source
  return fileFingerprint(source).catch(error => {
    throw DatasetError.isInstance(error) ? error : toFileError(error, source, 'read')
  })
}

async function fileFingerprint(source: string): Promise<string> {
  const shards = await findShards(source)
  if (shards !== undefined) {
    // The index has the checksums of everything that is read.
    const folders = [shards.train, ...(shards.heldOut === null ? [] : [shards.heldOut])]
    return (await Promise.all(folders.map(folder => readFileBytes(join(folder, 'index.json')))))
      .map(sha256)
      .join()
  }
  const files = await listFiles(source)
  if (files.length > 1) return (await Promise.all(files.map(portionsFingerprint))).join()
  return portionsFingerprint(files[0]!)
}

async function portionsFingerprint(path: string): Promise<string> {
  const file = await openToRead(path)
  try {
    const { size } = await file.stat()
    const begin = await file.read(Buffer.alloc(portion), 0, portion, 0)
    const end = await file.read(Buffer.alloc(portion), 0, portion, Math.max(0, size - portion))
    const bytes = [begin, end].map(({ buffer, bytesRead }) => buffer.subarray(0, bytesRead))
    return `${size} ${sha256(Buffer.concat(bytes))}`
  } finally {
    await file.close()
  }
}

/** Objects with their keys in order, so that equal ones have equal texts. */
function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
