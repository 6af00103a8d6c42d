import { markerOf } from './define-error.ts'

/** An error as plain data, for another thread or process. */
export interface SerializedError {
  name: string
  message: string
  stack: string | undefined
  /** `code`, `details`, `problem`, `remedy` and other own values of the error, where they can be cloned. */
  values: Record<string, unknown>
  /** It is of a class made by `defineError`. */
  isCoded: boolean
  cause: SerializedError | undefined
}

const maxCauses = 8

/**
 * Turns an error, or whatever else was thrown, into plain data. A structured clone alone would keep name and message
 * and lose code and details.
 */
export function serializeError(error: unknown, causes: number = maxCauses): SerializedError {
  if (!(error instanceof Error))
    return serializeError(new Error(typeof error === 'string' ? error : `thrown: ${String(error)}`))
  const { name, message, stack, cause } = error
  const values: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(error)) {
    if (key !== 'cause' && key !== 'name' && isCloneable(value)) values[key] = value
  }
  return {
    name,
    message,
    stack,
    values,
    isCoded: markerOf(name) in error,
    cause: cause === undefined || causes === 0 ? undefined : serializeError(cause, causes - 1),
  }
}

/** The error of its data. `isInstance` of its class recognizes it. */
export function deserializeError({ name, message, stack, values, isCoded, cause }: SerializedError): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause: deserializeError(cause) })
  Object.assign(error, values)
  Object.defineProperty(error, 'name', { value: name, configurable: true })
  if (stack !== undefined)
    Object.defineProperty(error, 'stack', { value: stack, configurable: true, writable: true })
  if (isCoded) Object.defineProperty(error, markerOf(name), { value: true })
  return error
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
