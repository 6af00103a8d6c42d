import { PageError } from '../errors/page-error.ts'

// The browser's own database: what a run starts from, its checkpoint, and a summary for lists, each under the run's id.

const NAME = 'tinystories-runs'
export type StoreName = 'starts' | 'checkpoints' | 'summaries'
const STORES: readonly StoreName[] = ['starts', 'checkpoints', 'summaries']

/**
 * Runs a transaction; all of it is written or nothing.
 *
 * @throws PageError `no-storage`, `storage-full`, `storage-failed`
 */
export async function transact<T>(
  mode: 'readonly' | 'readwrite',
  use: (store: (name: StoreName) => IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await openDatabase()
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(STORES, mode, { durability: 'strict' })
      transaction.onabort = () => reject(storageError(transaction.error))
      transaction.onerror = () => reject(storageError(transaction.error))
      try {
        const request = use(name => transaction.objectStore(name))
        transaction.oncomplete = () => resolve(request.result)
      } catch (error) {
        reject(storageError(error))
      }
    })
  } finally {
    database.close()
  }
}

async function openDatabase(): Promise<IDBDatabase> {
  try {
    // Where pages may keep nothing, even looking at it may throw.
    if (typeof indexedDB === 'undefined') throw new PageError('no-storage', {})
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name)
    }
    return await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
  } catch (error) {
    throw storageError(error)
  }
}

function storageError(error: unknown): PageError {
  if (PageError.isInstance(error)) return error
  const { name, message } = (error ?? {}) as Partial<DOMException>
  if (name === 'QuotaExceededError') return new PageError('storage-full', {}, { cause: error })
  const reason = message || name || 'no reason given'
  return new PageError('storage-failed', { reason }, { cause: error })
}
