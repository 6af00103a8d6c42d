import { parentPort } from 'node:worker_threads'
import { HubError } from '../hub/index.ts'
import { type CallContext, serveWorker, type Transferred, transferred } from '../workers/index.ts'

/** Methods of a worker for tests. */
export const methods = {
  add: ({ a, b }: { a: number; b: number }): number => a + b,
  async count({ to }: { to: number }, { emit }: CallContext<number>): Promise<string> {
    for (let i = 1; i <= to; i++) {
      emit(i)
      await new Promise(resolve => setImmediate(resolve))
    }
    return 'counted'
  },
  fail(): never {
    throw new HubError('refused', { kind: 'model', repository: 'a/b', revision: undefined, status: 418 })
  },
  double: (numbers: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => numbers.map(value => value * 2),
  moved: (numbers: Float32Array<ArrayBuffer>): Transferred<Float32Array<ArrayBuffer>> =>
    transferred(numbers, [numbers.buffer]),
  byteLength: (buffer: ArrayBuffer): number => buffer.byteLength,
  aborted: (_: undefined, { signal, emit }: CallContext<string>): Promise<string> => {
    emit('started')
    return new Promise(resolve => signal.addEventListener('abort', () => resolve('aborted')))
  },
  function: (): (() => number) => () => 1,
  exit: (code: number): never => process.exit(code),
  crash: (): Promise<never> => {
    setImmediate(() => {
      throw new RangeError('out of range')
    })
    return new Promise<never>(() => {})
  },
  thread: async (wait: number): Promise<number> => {
    const { threadId } = await import('node:worker_threads')
    for (let i = 0; i < wait; i++) await new Promise(resolve => setImmediate(resolve))
    return threadId
  },
}

if (parentPort) serveWorker(parentPort, methods)
