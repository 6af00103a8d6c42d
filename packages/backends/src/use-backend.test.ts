import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BackendError } from './errors.ts'
import { loadError } from './load-error.ts'
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

  it('sets wasm in Node without any path given, and leaves no handlers of uncaught errors behind', async () => {
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
    if (!BackendError.isInstance(error)) throw error
    // Where the other of the two is installed and loaded.
    if (error.code === 'already-loaded') return
    expect([error.code, error.details, error.remedy]).toEqual([
      'missing-package',
      expect.objectContaining({ backend: name, package: packageName }),
      `Run: npm install ${packageName}`,
    ])
    // tfjs-node needs these on Node 23 and later.
    const { default: util } = (await import('node:util')) as unknown as {
      default: { isNullOrUndefined(x: unknown): boolean; isArray(x: unknown): boolean }
    }
    expect([null, undefined, 0, ''].map(util.isNullOrUndefined)).toEqual([true, true, false, false])
    expect([[], {}].map(util.isArray)).toEqual([true, false])
  })

  it('refuses an unknown name and lists the known ones', async () => {
    await expect(useBackend('cuda' as 'cpu')).rejects.toMatchObject({
      code: 'unknown-backend',
      details: { backend: 'cuda', known: ['wasm', 'cpu', 'node', 'node-gpu', 'webgpu'] },
    })
  })
})

describe('loadError', () => {
  let folder: string
  // A package in a folder of its own beside this file, where imports from here find it.
  beforeEach(async () => {
    folder = fileURLToPath(new URL('./node_modules/half-installed/', import.meta.url))
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), '{}')
  })
  afterEach(() => rm(fileURLToPath(new URL('./node_modules/', import.meta.url)), { recursive: true }))

  const codeOf = (packageName: string): string => {
    const { code, details } = loadError('node', packageName, new Error('no\nsuch'))
    return `${code}: ${'problem' in details ? details.problem : ''}`
  }

  it('distinguishes a package that is not installed, one without its addon, and one that does not load', async () => {
    expect(codeOf('not-installed')).toMatch(/^missing-package/)
    expect(codeOf('half-installed')).toBe('package-does-not-load: no')
    await writeFile(join(folder, 'binding.gyp'), '{}')
    expect(codeOf('half-installed')).toBe('missing-addon: no')
    await mkdir(join(folder, 'lib/napi-v8'), { recursive: true })
    expect(codeOf('half-installed')).toBe('missing-addon: no')
    await writeFile(join(folder, 'lib/napi-v8/tfjs_binding.node'), '')
    expect(codeOf('half-installed')).toBe('package-does-not-load: no')
  })
})
