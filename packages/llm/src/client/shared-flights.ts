import { onAbort } from '@tinystories/utils/retry'

/** Lets calls for the same thing share one. It is aborted when all who wait for it are. */
export class SharedFlights<T> {
  readonly #flights = new Map<
    string,
    { promise: Promise<T>; controller: AbortController; passengers: number }
  >()

  /**
   * @param begin called unless a flight for the key is under way
   * @returns what came, and whether it was shared
   */
  async join(
    key: string,
    signal: AbortSignal | undefined,
    begin: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ value: T; isShared: boolean }> {
    signal?.throwIfAborted()
    let flight = this.#flights.get(key)
    const isShared = flight !== undefined
    if (flight === undefined) {
      const controller = new AbortController()
      const promise = begin(controller.signal)
      const own = { promise, controller, passengers: 0 }
      this.#flights.set(key, own)
      const land = (): void => {
        if (this.#flights.get(key) === own) this.#flights.delete(key)
      }
      promise.then(land, land)
      flight = own
    }
    const joined = flight
    joined.passengers++
    return await new Promise((resolve, reject) => {
      const leave = (): void => {
        if (--joined.passengers === 0) {
          // Who comes now must not board what is about to be aborted.
          this.#flights.delete(key)
          joined.controller.abort(signal?.reason)
        }
        reject(signal?.reason)
      }
      const stopListening = signal && onAbort(signal, leave)
      joined.promise.then(
        value => {
          stopListening?.()
          resolve({ value, isShared })
        },
        (error: unknown) => {
          stopListening?.()
          reject(error)
        },
      )
    })
  }
}
