import type { SerializedError } from '../errors/index.ts'

/** What a client sends. */
export type ToWorker = { id: number; method: string; argument: unknown } | { id: number; abort: true }

/** What a worker sends. */
export type FromWorker =
  | { id: number; event: unknown }
  | { id: number; result: unknown }
  | { id: number; error: SerializedError }

/** What a worker's method gets besides its argument. */
export interface CallContext<Event = never> {
  /** Aborted when the caller no longer wants the result. */
  readonly signal: AbortSignal
  /** Sends an event to the caller before the result. */
  emit(event: Event, transfer?: readonly object[]): void
}

/** A method of a worker: one argument, events of the context's type, a result or a promise of one. */
export type WorkerMethod = (argument: never, context: CallContext<never>) => unknown

/** The methods of a worker by name. */
export type WorkerMethods<Methods> = { [Name in keyof Methods]: WorkerMethod }

/** The argument of a method. */
export type ArgumentOf<Method> = Method extends (argument: infer Argument, ...rest: never[]) => unknown
  ? Argument
  : never

/** The events of a method. */
export type EventOf<Method> = Method extends (argument: never, context: CallContext<infer Event>) => unknown
  ? Event
  : never

/** The result of a method, as its caller gets it. */
export type ResultOf<Method> = Method extends (...rest: never[]) => infer Result
  ? Awaited<Result> extends Transferred<infer Value>
    ? Value
    : Awaited<Result>
  : never

/** A result whose buffers move to the caller instead of being copied, see {@link transferred}. */
export class Transferred<Value> {
  readonly value: Value
  readonly transfer: readonly object[]

  constructor(value: Value, transfer: readonly object[]) {
    this.value = value
    this.transfer = transfer
  }
}

/**
 * A result whose buffers move to the caller: they are empty in the worker afterwards.
 *
 * @param transfer `ArrayBuffer`s, ports and the like that `value` holds
 */
export const transferred = <Value>(value: Value, transfer: readonly object[]): Transferred<Value> =>
  new Transferred(value, transfer)
