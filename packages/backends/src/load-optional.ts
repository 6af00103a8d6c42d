import { MissingBackendError } from './missing-backend-error.ts'

/**
 * Imports an optional package.
 * @throws MissingBackendError with the `npm install` line when it is not installed, and with the package's own
 * words when it is installed but fails to load (a native library that was never downloaded, say).
 */
export async function loadOptional<T>(
  backend: string,
  packageName: string,
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    const missing = isNotFound(cause) && String((cause as Error).message).includes(packageName)
    const remedy = missing
      ? `it is not installed. Run: npm install ${packageName}`
      : `it is installed but does not load (${firstLine(cause)}). Try: npm install ${packageName}, or another backend`
    throw new MissingBackendError(backend, packageName, { remedy, cause })
  }
}

function isNotFound(error: unknown): boolean {
  const code = (error as { code?: string } | null)?.code
  return (
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /cannot find (module|package)/i.test(String(error))
  )
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error).split('\n')[0]!
}
