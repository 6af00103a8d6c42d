import { getEventListeners } from 'node:events'
import { MessageChannel, Worker } from 'node:worker_threads'
import { afterEach, describe, expect, expectTypeOf, test } from 'vitest'
import { HubError } from '../hub/index.ts'
import type { methods } from '../testing/echo-worker.ts'
import { serveWorker, WorkerClient, WorkerError, WorkerPool, type WorkerPort } from './index.ts'

type Methods = typeof methods
type Client = WorkerClient<Methods>

const url = new URL('../testing/echo-worker.ts', import.meta.url)
const opened: { close(): Promise<void> }[] = []
const start = (): Client => {
  const client: Client = new WorkerClient(new Worker(url), 'echo')
  opened.push(client)
  return client
}
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

async function failure(promise: Promise<unknown>): Promise<WorkerError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!WorkerError.isInstance(error)) throw error ?? new Error('it did not fail')
  return error
}

describe('a call', () => {
  test('returns what the method returns, whatever the order', async () => {
    const client = start()
    const [counted, sum] = await Promise.all([
      client.call('count', { to: 20 }),
      client.call('add', { a: 2, b: 3 }),
    ])
    expect([counted, sum]).toEqual(['counted', 5])
    expectTypeOf(sum).toEqualTypeOf<number>()
    expectTypeOf(client.call('moved', new Float32Array(1))).resolves.toEqualTypeOf<
      Float32Array<ArrayBuffer>
    >()
    // @ts-expect-error there is no such method
    const unknown = client.call('subtract', { a: 1, b: 2 })
    expect(await failure(unknown)).toMatchObject({ code: 'unknown-method', details: { method: 'subtract' } })
    // @ts-expect-error what every object inherits is no method
    expect((await failure(client.call('toString', 1))).code).toBe('unknown-method')
  })

  test('gets events before its result', async () => {
    const events: number[] = []
    await start().call('count', { to: 4 }, { onEvent: event => events.push(event) })
    expect(events).toEqual([1, 2, 3, 4])
  })

  test('rejects with the error of the method, code and details included', async () => {
    const error = await start()
      .call('fail', undefined as never)
      .catch((reason: unknown) => reason)
    expect(HubError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ code: 'refused', details: { status: 418, repository: 'a/b' } })
  })

  test('moves buffers where it is asked to, in both directions', async () => {
    const client = start()
    const numbers = Float32Array.of(1, 2)
    expect(await client.call('double', numbers)).toEqual(Float32Array.of(2, 4))
    expect(numbers.length).toBe(2)
    expect(await client.call('moved', numbers, { transfer: [numbers.buffer] })).toEqual(Float32Array.of(1, 2))
    expect(numbers.length).toBe(0)
  })

  test('says which method could not be sent what', async () => {
    const client = start()
    const argument = { a: 1, b: 2, run: () => 1 }
    expect(await failure(client.call('add', argument))).toMatchObject({
      code: 'not-cloneable',
      details: { method: 'add' },
    })
    expect(await failure(client.call('function', undefined as never))).toMatchObject({
      code: 'not-cloneable',
      details: { method: 'function' },
    })
    expect(client.load).toBe(0)
    expect(await client.call('add', { a: 1, b: 1 })).toBe(2)
  })

  test('rejects at once when it is aborted, and the method hears of it', async () => {
    const client = start()
    const controller = new AbortController()
    const reason = new Error('stopped')
    const call = client.call('aborted', undefined, {
      signal: controller.signal,
      onEvent: () => controller.abort(reason),
    })
    await expect(call).rejects.toBe(reason)
    expect(client.load).toBe(0)
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    await expect(client.call('add', { a: 1, b: 1 }, { signal: controller.signal })).rejects.toBe(reason)
    expect(await client.call('add', { a: 1, b: 1 })).toBe(2)
  })
})

describe('a thread that ends', () => {
  test('by itself rejects open calls and later ones', async () => {
    const client = start()
    const open = client.call('aborted', undefined)
    const [first, second] = await Promise.all([failure(client.call('exit', 3)), failure(open)])
    expect(first).toMatchObject({ code: 'ended', details: { worker: 'echo', exitCode: 3 } })
    expect(second).toBe(first)
    expect(client.hasEnded).toBe(true)
    expect(await failure(client.call('add', { a: 1, b: 1 }))).toBe(first)
  })

  test('by an error that nobody caught says which', async () => {
    const error = await failure(start().call('crash', undefined as never))
    expect(error).toMatchObject({
      code: 'crashed',
      details: { reason: 'out of range' },
      cause: { name: 'RangeError' },
    })
    const missing: Client = new WorkerClient(new Worker(new URL('./none.ts', import.meta.url)))
    expect((await failure(missing.call('add', { a: 1, b: 1 }))).code).toBe('crashed')
  })

  test('because it is closed says so', async () => {
    const client = start()
    const open = failure(client.call('aborted', undefined))
    await client.close()
    expect(await open).toMatchObject({ code: 'closed', details: { worker: 'echo' } })
  })
})

test('a thread keeps the process alive only while calls are open', async () => {
  const wanted: boolean[] = []
  let answer: (message: unknown) => void = () => {}
  const port: WorkerPort = {
    post: () => {},
    listen: onMessage => {
      answer = onMessage
    },
    keepAlive: value => wanted.push(value),
    terminate: () => {},
  }
  const client: Client = new WorkerClient(port)
  const calls = [client.call('add', { a: 1, b: 2 }), client.call('add', { a: 3, b: 4 })]
  answer({ id: 1, result: 7 })
  expect(wanted).toEqual([false, true])
  answer({ id: 0, result: 3 })
  expect(await Promise.all(calls)).toEqual([3, 7])
  expect(wanted).toEqual([false, true, false])
})

test('works over the interfaces of a page, one call after another where that is asked for', async () => {
  const { port1, port2 } = new MessageChannel()
  const transfers: unknown[][] = []
  const addEventListener =
    (port: typeof port1) =>
    (event: string, listener: (event: unknown) => void): void => {
      if (event === 'message') port.on('message', (data: unknown) => listener({ data }))
    }
  const worker = {
    postMessage: (message: unknown, transfer: never[]) => port1.postMessage(message, transfer),
    addEventListener: addEventListener(port1),
    terminate: () => port1.close(),
  }
  const scope = {
    postMessage: (message: unknown, { transfer }: { transfer: never[] }) => {
      transfers.push(transfer)
      port2.postMessage(message, transfer)
    },
    addEventListener: addEventListener(port2),
  }
  const order: string[] = []
  const served = {
    async slow(_: undefined) {
      order.push('slow begins')
      for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
      order.push('slow ends')
    },
    quick: (_: undefined) => void order.push('quick'),
  }
  serveWorker(scope, served, { sequential: true })
  const client = new WorkerClient<typeof served>(worker)
  await Promise.all([client.call('slow', undefined), client.call('quick', undefined)])
  expect(order).toEqual(['slow begins', 'slow ends', 'quick'])
  expect(transfers).toEqual([[], []])
  await client.close()
  port2.close()
})

describe('a pool', () => {
  const createPool = (size: number, depth?: number): { pool: WorkerPool<Methods>; started: number[] } => {
    const started: number[] = []
    const pool = new WorkerPool<Methods>(
      index => {
        started.push(index)
        return new WorkerClient(new Worker(url), `echo ${index}`)
      },
      { size, ...(depth !== undefined && { depth }) },
    )
    opened.push(pool)
    return { pool, started }
  }

  test('starts threads as work comes and shares the work among them', async () => {
    const { pool, started } = createPool(3)
    await pool.call('add', { a: 1, b: 1 })
    await pool.call('add', { a: 1, b: 1 })
    expect(started).toEqual([0])
    const threads = await Promise.all(Array.from({ length: 30 }, () => pool.call('thread', 3)))
    expect(started).toEqual([0, 1, 2])
    expect(new Set(threads).size).toBe(3)
  })

  test('gives a thread no more calls at a time than its depth', async () => {
    const loads: number[] = []
    const clients: Client[] = []
    const pool = new WorkerPool<Methods>(
      () => {
        clients.push(new WorkerClient(new Worker(url)))
        return clients.at(-1)!
      },
      { size: 2, depth: 2 },
    )
    opened.push(pool)
    await Promise.all(
      Array.from({ length: 12 }, () =>
        pool.call('thread', 1).then(() => loads.push(...clients.map(client => client.load))),
      ),
    )
    expect(Math.max(...loads)).toBeLessThanOrEqual(2)
    expect(Math.max(...loads)).toBeGreaterThan(0)
  })

  test('replaces a thread that has ended, and fails only its calls', async () => {
    const { pool, started } = createPool(2)
    const other = pool.call('thread', 50)
    expect((await failure(pool.call('exit', 1))).code).toBe('ended')
    expect(await pool.call('add', { a: 2, b: 2 })).toBe(4)
    await other
    await Promise.all(Array.from({ length: 10 }, () => pool.call('add', { a: 2, b: 2 })))
    expect(started.filter(index => index === 1)).toHaveLength(2)
  })

  test('aborts calls in its queue, and closes with calls in it', async () => {
    const { pool } = createPool(1)
    const open = failure(pool.call('aborted', undefined))
    const controller = new AbortController()
    const queued = pool.call('add', { a: 1, b: 1 }, { signal: controller.signal })
    const forgotten = failure(pool.call('add', { a: 1, b: 1 }))
    controller.abort('stopped')
    await expect(queued).rejects.toBe('stopped')
    await pool.close()
    expect((await open).code).toBe('closed')
    expect((await forgotten).code).toBe('closed')
    expect((await failure(pool.call('add', { a: 1, b: 1 }))).code).toBe('closed')
  })

  test('fails a call whose thread cannot be created, and tries again with the next', async () => {
    let failures = 1
    const pool = new WorkerPool<Methods>(
      () => {
        if (failures-- > 0) throw new RangeError('no threads')
        return start()
      },
      { size: 1 },
    )
    await expect(pool.call('add', { a: 1, b: 1 })).rejects.toThrow('no threads')
    expect(await pool.call('add', { a: 1, b: 1 })).toBe(2)
  })
})
