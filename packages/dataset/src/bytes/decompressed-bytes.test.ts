import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import type { ByteSource } from './byte-source.ts'
import { decompressedBytes } from './decompressed-bytes.ts'
import { memoryBytes } from './memory-bytes.ts'

test('a reader that is aborted before its first read ends nothing but itself', async () => {
  const reason = new Error('enough')
  const controller = new AbortController()
  const slow: ByteSource = {
    name: 'slow.txt.gz',
    size: 10,
    seekable: true,
    open: (_, signal) => ({
      read: () =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      position: () => 0,
      close: async () => {},
    }),
  }
  const reader = (await decompressedBytes(slow, 'gzip', {})).open(0, controller.signal)
  controller.abort(reason)
  // The failed read ends decompression: as an uncaught exception if nobody listened.
  await new Promise(resolve => setImmediate(resolve))
  await expect(reader.read()).rejects.toBe(reason)
  await reader.close()
})

test('damage is reported to whoever reads first, however late', async () => {
  const packed = gzipSync('Once upon a time.')
  packed.fill(0xff, 10, 16)
  const reader = (await decompressedBytes(memoryBytes('bad.gz', packed), 'gzip', {})).open(
    0,
    new AbortController().signal,
  )
  await new Promise(resolve => setImmediate(resolve))
  await expect(reader.read()).rejects.toThrow(/bad\.gz.*damaged/s)
  await reader.close()
})
