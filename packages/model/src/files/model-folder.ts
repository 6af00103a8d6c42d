import { builtin } from '@tinystories/utils/node'
import { InputError, parseJson } from '@tinystories/utils/schema'
import { ModelFileError } from '../errors/index.ts'
import { openRandomAccess, type RandomAccess } from './random-access.ts'

/** The files of a model's folder by their names, for places without a file system. */
export type ModelFiles = Readonly<Record<string, Blob>>

/** What loading needs of a folder. */
export interface ModelFolder {
  /** Its name, for messages. */
  name: string
  /** A file's name, for messages. */
  path(file: string): string
  has(file: string): Promise<boolean>
  open(file: string): Promise<RandomAccess>
}

export async function openFolder(folder: string): Promise<ModelFolder> {
  const { access } = builtin('node:fs/promises')
  const { join } = builtin('node:path')
  const path = (file: string): string => join(folder, file)
  const has = (file: string): Promise<boolean> =>
    access(path(file)).then(
      () => true,
      () => false,
    )
  return { name: folder, path, has, open: file => openRandomAccess(path(file)) }
}

export function openFiles(files: ModelFiles): ModelFolder {
  const name = 'The files given'
  return {
    name,
    path: file => file,
    has: async file => Object.hasOwn(files, file),
    async open(file) {
      if (!Object.hasOwn(files, file)) throw new ModelFileError('missing-file', { path: name, files: [file] })
      return openRandomAccess(files[file]!, file)
    },
  }
}

/** Budget of `config.json` and of an index of shards. */
const MAX_JSON_BYTES = 2 ** 24

/** @throws ModelFileError `unreadable`, `missing-file`; InputError `not-json`, `too-deep`, `too-large` */
export async function readJson(folder: ModelFolder, file: string): Promise<unknown> {
  const source = folder.path(file)
  const access = await folder.open(file)
  try {
    const { size } = access
    if (size > MAX_JSON_BYTES)
      throw new InputError('too-large', { source, bytes: size, limit: MAX_JSON_BYTES })
    return parseJson(new TextDecoder().decode(await access.read(0, size)), { source })
  } finally {
    await access.close()
  }
}
