import type { ModelFiles } from '@tinystories/model/files'
import { PageError } from '../errors/page-error.ts'
import { createDatabase } from '../storage/database.ts'

/** A model that is kept in this browser, or a name that the visitor gave to a run. */
export interface KeptModel {
  key: string
  label: string
  /** Where it came from; absent for the name of a run. */
  detail?: string
}

const transact = createDatabase('tinystories-models', ['entries', 'files'])

/** All that is kept, in the order of their keys. */
export function listKept(): Promise<KeptModel[]> {
  return transact<KeptModel[]>('readonly', store => store('entries').getAll())
}

export async function keepEntry(entry: KeptModel): Promise<void> {
  await transact('readwrite', store => store('entries').put(entry, entry.key))
}

export async function keepFiles(key: string, files: ModelFiles): Promise<void> {
  await transact('readwrite', store => store('files').put(files, key))
}

/** @throws PageError `not-kept` */
export async function keptFiles(key: string): Promise<ModelFiles> {
  const files = await transact<ModelFiles | undefined>('readonly', store => store('files').get(key))
  if (!files) throw new PageError('not-kept', {})
  return files
}

export async function forgetModel(key: string): Promise<void> {
  await transact('readwrite', store => {
    store('files').delete(key)
    return store('entries').delete(key)
  })
}
