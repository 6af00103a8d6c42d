import { isHubAddress, parseHubAddress } from '@tinystories/utils/hub'
import { fileBytes } from '../bytes/file-bytes.ts'
import { DatasetError } from '../errors/dataset-error.ts'
import { detectFormat } from '../formats/detect-format.ts'
import { chooseFiles } from './choose-files.ts'
import type { SourceDriver } from './driver.ts'
import type { HubOptions } from './hub-options.ts'
import { joinedFiles } from './joined-files.ts'
import type { Locator } from './locator.ts'
import { recordSource } from './record-source.ts'

/** `hf://owner/name[@revision][/path]`: a file of a data set on the Hugging Face hub, or a series, downloaded once. */
export const hubDriver: SourceDriver = {
  name: 'hub',
  accepts: isHubAddress,
  open(source, options) {
    const { recipe, list } = hubFiles(source, options)
    return recordSource({
      ...options,
      recipe,
      async find(signal) {
        const files = await list(signal)
        const parts = files.map(({ size, locate }) => ({
          size,
          find: async (partSignal: AbortSignal) =>
            detectFormat(await fileBytes(await locate(partSignal)), options, partSignal),
        }))
        return parts.length === 1 ? parts[0]!.find(signal) : joinedFiles(source, parts)
      },
    })
  },
}

/** A single file on the hub as bytes. */
export function hubFile(source: string, options: HubOptions): Locator {
  const { recipe, list } = hubFiles(source, options)
  return {
    recipe,
    async locate(signal) {
      const files = await list(signal)
      if (files.length === 1) return fileBytes(await files[0]!.locate(signal))
      const { repository } = parseHubAddress(source, { kind: 'dataset' })
      const split = options.split ?? 'train'
      throw new DatasetError('ambiguous-source', {
        source,
        repository,
        split,
        files: files.map(({ path }) => path).slice(0, 10),
      })
    },
  }
}

/** A file that is on this machine after `locate`. */
interface CachedFile {
  readonly path: string
  readonly size: number
  locate(signal: AbortSignal): Promise<string>
}

function hubFiles(
  source: string,
  { cacheDir, split = 'train', onDownload, ...options }: HubOptions,
): { recipe: string; list(signal: AbortSignal): Promise<readonly CachedFile[]> } {
  const address = parseHubAddress(source, { kind: 'dataset' })
  if (cacheDir === undefined) throw new DatasetError('cache-dir-missing', { source })
  return {
    recipe: `${source}${address.path === undefined ? ` ${split}` : ''}`,
    list: sharedWork(async signal => {
      // Downloads need the disk; the package runs in browsers as well.
      const { openCachedRepository } = await import('@tinystories/utils/hub/cache')
      const progress = onDownload === undefined ? {} : { onProgress: onDownload }
      const repository = await openCachedRepository(address, {
        ...options,
        ...progress,
        cacheDir,
        refresh: true,
        signal,
      })
      return chooseFiles(source, address.repository, address.path, split, repository.files).map(
        ({ path, size }) => ({
          path,
          size,
          locate: sharedWork(fileSignal => repository.download(path, { signal: fileSignal })),
        }),
      )
    }),
  }
}

/** One run of `work` serves all who ask; when the one it was started for is aborted, the next one starts it again. */
function sharedWork<T>(work: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let current: { result: Promise<T>; owner: AbortSignal } | undefined
  return async signal => {
    for (;;) {
      current ??= { result: work(signal), owner: signal }
      const mine = current
      try {
        return await mine.result
      } catch (error) {
        if (current === mine) current = undefined
        if (signal.aborted || !mine.owner.aborted) throw error
      }
    }
  }
}
