import type { HubOptions } from '@tinystories/utils/hub'
import { builtin } from '@tinystories/utils/node'
import { ModelFileError } from '../errors/index.ts'
import { openFolder } from './model-folder.ts'
import { listShards, TOKENIZER_FILES, WEIGHT_FILES } from './weights.ts'

/** Where models of the hub come from and where they are kept. */
export interface DownloadOptions extends HubOptions {
  /** Folder where models are kept. Default: `.cache/tinystories` in the home folder. */
  cacheDir?: string
  /** Use only the cache, no network. Default false. */
  offline?: boolean
  /** Ask the hub again for what the cache has, as for a branch that has moved. Default false. */
  refresh?: boolean
  /** More files that are taken along where the model has them. Default: none. */
  besides?: readonly string[]
}

/**
 * Downloads a model from the hub, unless the cache has it (Node only): its `config.json`, its weights and the files of its
 * tokenizer.
 *
 * @param address such as `hf://owner/name@revision`, or a web address of the hub
 * @returns the folder with these files
 * @throws HubError; ModelFileError `missing-file` when the repository has no weights that can be read; FileError when the
 *   cache cannot be written
 */
export async function downloadModel(address: string, options: DownloadOptions = {}): Promise<string> {
  const { homedir } = builtin('node:os')
  const { join } = builtin('node:path')
  const { openCachedRepository } = await import('@tinystories/utils/hub/cache')
  const { cacheDir = join(homedir(), '.cache', 'tinystories') } = options
  const repository = await openCachedRepository(address, { ...options, kind: 'model', cacheDir })
  await repository.download('config.json')
  const weights = WEIGHT_FILES.find(file => repository.find(file))
  if (weights === undefined) {
    throw new ModelFileError('missing-file', { path: repository.repository, files: WEIGHT_FILES })
  }
  await repository.download(weights)
  const shards = await listShards(await openFolder(repository.folder), weights)
  const others = [...TOKENIZER_FILES, ...(options.besides ?? [])].filter(file => repository.find(file))
  for (const file of [...shards, ...others]) await repository.download(file)
  return repository.folder
}
