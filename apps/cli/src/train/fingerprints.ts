import { createHash } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isNamedSource } from '../paths.ts'
import type { RunFolder } from '../run-folder.ts'
import type { RunSettings } from './settings.ts'
import { findShards } from './shard-folders.ts'

/** What a run is made with, so that a resume with something else is recognised: see `RunFolderOptions.identity`. */
export async function fingerprints(
  run: RunFolder,
  { model, data, valid, separator, textField, heldOut, batchSize }: RunSettings,
): Promise<Record<string, string>> {
  const sources = [await sourceFingerprint(data), valid === null ? null : await sourceFingerprint(valid)]
  return {
    model: sha256(JSON.stringify(model)),
    tokenizer: sha256(await readFile(run.tokenizer)),
    // Not where it is null, so that runs from before it was there can go on.
    data: sha256(
      JSON.stringify([...sources, separator, heldOut, batchSize, ...(textField === null ? [] : [textField])]),
    ),
  }
}

const portion = 1 << 20

/** Size, beginning and end of a file, wherever it lies: files of gigabytes are not read for this. */
async function sourceFingerprint(source: string): Promise<string> {
  if (isNamedSource(source)) return source
  const shards = await findShards(source)
  if (shards !== undefined) {
    // The index has the checksums of all that is read.
    const folders = [shards.train, ...(shards.heldOut === null ? [] : [shards.heldOut])]
    return (await Promise.all(folders.map(folder => readFile(join(folder, 'index.json'))))).map(sha256).join()
  }
  const file = await open(source)
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

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
