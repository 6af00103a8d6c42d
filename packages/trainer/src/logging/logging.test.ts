import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileError } from '@tinystories/utils/disk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'
import { metricsCsv } from './metrics-csv.ts'
import type { MetricsLine } from './metrics-line.ts'
import { openTensorBoardFile } from './tensorboard.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'logging-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const step: MetricsLine = {
  type: 'step',
  step: 3,
  tokens: 2048,
  seconds: 0.5,
  loss: 8.25,
  bitsPerByte: 3,
  learningRate: 0.001,
  gradientNorm: 1.5,
  tokensPerSecond: 4096,
}
const sample: MetricsLine = { type: 'sample', step: 4, seconds: 1, text: 'Once “upon” a time' }

/** What the RecordWriter of Python tensorboard 2.21.0 makes of the same events. */
const golden =
  '1800000000000000a37f4b220900002050b6c0da411a0d627261696e2e4576656e743a32c25508c00f000000000000006d532b090900002050b6c0da4110033a0208016bf227beba0000000000000011ad320f0900002050b6c0da4110032aac010a130a0c747261696e2f746f6b656e7315000000450a140a0d747261696e2f7365636f6e6473150000003f0a110a0a747261696e2f6c6f737315000004410a180a11747261696e2f626974735065724279746515000040400a190a12747261696e2f6c6561726e696e6752617465156f12833a0a190a12747261696e2f6772616469656e744e6f726d150000c03f0a1c0a15747261696e2f746f6b656e735065725365636f6e641500008045e493fcd84300000000000000b18525a00900002050b6c0da4110042a360a340a0673616d706c654220080712041202080142164f6e636520e2809c75706f6ee2809d20612074696d654a080a060a0474657874284ccbf5'

test('writes the bytes that TensorBoard itself writes', async () => {
  const now = new Date('2026-11-22T12:00:00.500Z')
  const file = await openTensorBoardFile(join(folder, 'events'), 3, now)
  file.append(step, now)
  file.append(sample, now)
  await file.close()
  expect((await readFile(file.path)).toString('hex')).toBe(golden)
  expect(await readdir(join(folder, 'events'))).toHaveLength(1)
})

test('names the folder that it cannot create', async () => {
  const error = await openTensorBoardFile('/dev/null/events', 1).catch((error: unknown) => error)
  expect(FileError.isInstance(error) && error.details).toMatchObject({ path: '/dev/null/events' })
})

test('checks by CRC-32C', () => {
  // The check value of the algorithm's entry in RFC 3720, appendix B.4, and its 32 bytes of zeros.
  expect(crc32c(new TextEncoder().encode('123456789')).toString(16)).toBe('e3069283')
  expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa')
})

test('CSV has a row a line, quotes what needs it, and no formulas', () => {
  const csv = metricsCsv([step, { ...sample, text: 'He said, "Go!"\n' }, { ...sample, text: '=1+1' }])
  const [head, first, ...rest] = csv.split('\r\n')
  expect(head).toBe(
    'type,step,tokens,seconds,loss,bitsPerByte,learningRate,gradientNorm,tokensPerSecond,nats,perplexity,accuracy,text',
  )
  expect(first).toBe('step,3,2048,0.5,8.25,3,0.001,1.5,4096,,,,')
  expect(rest).toEqual(['sample,4,,1,,,,,,,,,"He said, ""Go!""\n"', "sample,4,,1,,,,,,,,,'=1+1", ''])
})
