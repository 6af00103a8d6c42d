import { PageError } from '../errors/page-error.ts'

/**
 * Runs a transaction; all of it is written or nothing.
 *
 * @throws PageError `no-storage`, `storage-full`, `storage-failed`
 */
export type Transact<Store extends string> = <T>(
  mode: 'readonly' | 'readwrite',
  use: (store: (name: Store) => IDBObjectStore) => IDBRequest<T>,
) => Promise<T>

/** A database of the browser whose stores have keys of their own; it is opened for each transaction. */
export function createDatabase<Store extends string>(
  name: string,
  stores: readonly Store[],
): Transact<Store> {
  return async <T>(
    mode: 'readonly' | 'readwrite',
    use: (store: (name: Store) => IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const database = await openDatabase(name, stores)
    try {
      return await new Promise<T>((resolve, reject) => {
        const transaction = database.transaction(stores, mode, { durability: 'strict' })
        transaction.onabort = () => reject(storageError(transaction.error))
        transaction.onerror = () => reject(storageError(transaction.error))
        try {
          const request = use(store => transaction.objectStore(store))
          transaction.oncomplete = () => resolve(request.result)
        } catch (error) {
          reject(storageError(error))
        }
      })
    } finally {
      database.close()
    }
  }
}

async function openDatabase(name: string, stores: readonly string[]): Promise<IDBDatabase> {
  try {
    // Where pages may keep nothing, even looking at it may throw.
    if (typeof indexedDB === 'undefined') throw new PageError('no-storage', {})
    const request = indexedDB.open(name, 1)
    request.onupgradeneeded = () => {
      for (const store of stores) request.result.createObjectStore(store)
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
