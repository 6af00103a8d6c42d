// The browser's own database, as far as one run needs it. Everything is under a few names in one store.

const NAME = 'tinystories-training'
const STORE = 'run'

/** Says in the visitor's words why something could not be kept. */
export class StorageProblem extends Error {
  override readonly name = 'StorageProblem'
}

/** Writes all or nothing. */
export async function putAll(values: Record<string, unknown>): Promise<void> {
  const database = await openDatabase()
  try {
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' })
      const store = transaction.objectStore(STORE)
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(problem(transaction.error))
      transaction.onerror = () => reject(problem(transaction.error))
      try {
        for (const [key, value] of Object.entries(values)) store.put(value, key)
      } catch (error) {
        reject(problem(error))
      }
    })
  } finally {
    database.close()
  }
}

/** Undefined when nothing is kept under that name. */
export async function get<T>(key: string): Promise<T | undefined> {
  const database = await openDatabase()
  try {
    return await promised<T | undefined>(database.transaction(STORE).objectStore(STORE).get(key))
  } finally {
    database.close()
  }
}

export async function clear(): Promise<void> {
  const database = await openDatabase()
  try {
    await promised(database.transaction(STORE, 'readwrite').objectStore(STORE).clear())
  } finally {
    database.close()
  }
}

async function openDatabase(): Promise<IDBDatabase> {
  try {
    // Where pages may keep nothing, even looking at it may throw.
    if (typeof indexedDB === 'undefined') throw new StorageProblem('This browser has no storage for pages.')
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    return await promised(request)
  } catch (error) {
    throw problem(error)
  }
}

function promised<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(problem(request.error))
  })
}

function problem(error: unknown): StorageProblem {
  if (error instanceof StorageProblem) return error
  const { name, message } = (error ?? {}) as Partial<DOMException>
  if (name === 'QuotaExceededError') {
    return new StorageProblem("The browser's storage is full. Free some space, or download the model now.")
  }
  return new StorageProblem(
    `The browser's storage does not work here (${message || name || 'no reason given'}).`,
  )
}
