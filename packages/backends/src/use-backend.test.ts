import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadOptional } from './load-optional.ts'
import { MissingBackendError } from './missing-backend-error.ts'
import { useBackend } from './use-backend.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('useBackend', () => {
  it('sets cpu and prints nothing, not even with the first tensor', async () => {
    const spies = (['log', 'info', 'warn', 'error'] as const).map(level =>
      vi.spyOn(console, level).mockImplementation(() => {}),
    )
    await useBackend('cpu')
    tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)).dataSync())
    expect(tf.getBackend()).toBe('cpu')
    expect(tf.env().getBool('IS_TEST')).toBe(false)
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })

  it('sets wasm in Node without being told any path, and leaves no handlers of uncaught errors behind', async () => {
    const count = (): number[] =>
      ['uncaughtException', 'unhandledRejection'].map(event => process.listenerCount(event))
    const before = count()
    await useBackend('wasm')
    expect(tf.getBackend()).toBe('wasm')
    expect(count()).toEqual(before)
    expect(tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)).dataSync()[0])).toBe(3)
  })

  it('changes nothing when called again', async () => {
    await useBackend('wasm')
    const backend = tf.backend()
    const kernel = tf.getKernel('BatchMatMul', 'wasm')
    await useBackend('wasm')
    expect(tf.backend()).toBe(backend)
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(kernel)
  })

  it.each([
    ['node', '@tensorflow/tfjs-node'],
    ['node-gpu', '@tensorflow/tfjs-node-gpu'],
  ] as const)('says what to install for %s', async (name, packageName) => {
    // Where a developer has the package, there is nothing to refuse.
    const there = await import(packageName).then(
      () => true,
      () => false,
    )
    if (there) return useBackend(name)
    const error = await useBackend(name).catch((e: unknown) => e)
    expect(MissingBackendError.isInstance(error)).toBe(true)
    expect((error as MissingBackendError).message).toContain(`npm install ${packageName}`)
    expect((error as MissingBackendError).packageName).toBe(packageName)
    // tfjs-node needs this on Node 23 and later.
    const { default: util } = (await import('node:util')) as unknown as {
      default: { isNullOrUndefined(x: unknown): boolean }
    }
    expect([null, undefined, 0, ''].map(util.isNullOrUndefined)).toEqual([true, true, false, false])
  })

  it('refuses an unknown name and lists the known ones', async () => {
    await expect(useBackend('cuda' as 'cpu')).rejects.toThrow(
      'no backend "cuda": take wasm, cpu, node, node-gpu or webgpu',
    )
  })
})

describe('loadOptional', () => {
  it('tells a package that is broken from one that is absent', async () => {
    const broken = loadOptional('node', 'some-package', () =>
      Promise.reject(
        Object.assign(new Error('libtensorflow.so.2: cannot open shared object file'), {
          code: 'ERR_DLOPEN_FAILED',
        }),
      ),
    )
    await expect(broken).rejects.toThrow(/installed but does not load \(libtensorflow/)
    const absent = loadOptional('node', 'some-package', () =>
      Promise.reject(
        Object.assign(new Error("Cannot find package 'some-package' imported from x"), {
          code: 'ERR_MODULE_NOT_FOUND',
        }),
      ),
    )
    await expect(absent).rejects.toThrow('it is not installed. Run: npm install some-package')
  })
})
