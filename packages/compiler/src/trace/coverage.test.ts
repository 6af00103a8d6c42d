import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { useBackend } from '@tinystories/backends'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRuntime } from '../runtime/create-runtime.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { allCases, WEBGPU_EVERY } from '../testing/all-cases.ts'
import { caseInputs } from '../testing/case-inputs.ts'
import { kernelNames, translated } from './kernel.ts'
import { registerTranslations } from './kernels/index.ts'
import { refusals } from './refusals.ts'

let runtime: Runtime
beforeAll(async () => {
  await useBackend('cpu')
  registerTranslations()
  runtime = await createRuntime({ threads: 1 })
})
afterAll(() => runtime.dispose())

/** Translated, but no op of tfjs calls them: `tf.broadcastTo`, `logSoftmax` and `logicalXor` are made of others. */
const uncalled = new Set(['BroadcastTo', 'LogSoftmax', 'LogicalXor'])

/** The kernels that the cases run, which are compared with tfjs on the cpu, on wasm and on WebGPU. */
async function exercised(every = 1): Promise<Set<string>> {
  const names = new Set<string>()
  for (const [seed, kernel] of allCases().entries()) {
    if (seed % every !== 0) continue
    const inputs = Object.values(caseInputs(kernel, seed)).map(({ spec, data }) =>
      tf.tensor(data, [...spec.shape], spec.dtype),
    ) as [Tensor, Tensor, Tensor]
    const { kernelNames } = await tf.profile(() => tf.tidy(() => void kernel.fn(...inputs)))
    for (const name of kernelNames) names.add(name)
    tf.dispose(inputs)
  }
  return names
}

const int = (x: Tensor): Tensor => tf.cast(x, 'int32')
const SPEED = 'a further pass over the tensor in every step'
const FOLDED = 'numbers are multiplied and terms collected before they meet a tensor'
const ROUNDED = 'tfjs rounds to float32 or float64 first; compiled the low 32 bits are exact'

/** What compiled functions do otherwise than tfjs on the cpu, each tried below, and why. */
const differences: [string, (x: Tensor) => Tensor, number[], string][] = [
  [
    '1e-15 times 1e-30, a denormal number, times 1e10',
    x => tf.mul(tf.mul(x, 1e-30), 1e10),
    [1e-15],
    'denormal numbers count as 0: with them a step is many times slower',
  ],
  ['`sign` of NaN', x => tf.sign(x), [Number.NaN], SPEED],
  ['1 divided by `relu` of -0, or by `maximum` of 0 and -0', x => tf.div(1, tf.relu(x)), [-0], SPEED],
  ['1 divided by the sum of 0 and -0', x => tf.div(1, tf.add(x, 0)), [-0], 'adding 0 is left out'],
  [
    '1 divided by `round` of -0.5',
    x => tf.div(1, tf.round(x)),
    [-0.5],
    'the sign of 0 is that of the operand',
  ],
  ['3e38 and 1 times 1e30, times 1e-30', x => tf.mul(tf.mul(x, 1e30), 1e-30), [3e38, 1], FOLDED],
  [
    '3 times minus 2 times Infinity and 1',
    x => tf.sub(tf.mul(x, 3), tf.mul(x, 2)),
    [Number.POSITIVE_INFINITY, 1],
    FOLDED,
  ],
  [
    'the indices of `topk` of 3, 1, NaN, 2',
    x => tf.topk(x, 4).indices,
    [3, 1, Number.NaN, 2],
    'tfjs sorts by a comparison that NaN confuses',
  ],
  [
    '`unsortedSegmentSum` of NaN, which is dropped, and 6',
    x => tf.unsortedSegmentSum(x, tf.tensor1d([-1, 0], 'int32'), 2),
    [Number.NaN, 6],
    'tfjs multiplies by 0 what it drops',
  ],
  [
    '16777217 as int32, cast to float32, minus 16777216',
    x => tf.sub(tf.cast(tf.add(int(x), tf.scalar(1, 'int32')), 'float32'), 16777216),
    [16777216],
    'tfjs keeps int32 as they are',
  ],
  [
    '`sigmoid` of -60, times 1e26',
    x => tf.mul(tf.sigmoid(x), 1e26),
    [-60],
    'that of ONNX Runtime is 0 from -18 on, and a further pass would slow the steps of gated models',
  ],
  ['`square` of 46341 as int32', x => tf.square(int(x)), [46341], ROUNDED],
  [
    '2147483520 times 1073741759 as int32',
    x => tf.mul(tf.add(int(x), int(x)), tf.sub(int(x), tf.scalar(1, 'int32'))),
    [1073741760],
    ROUNDED,
  ],
  [
    '3 to the power of 40 as int32',
    x => tf.pow(int(x), tf.scalar(40, 'int32')),
    [3],
    'past 2^63; tfjs rounds it to float64',
  ],
]

async function differenceRows(): Promise<string[]> {
  const rows: string[] = []
  for (const [name, fn, values, reason] of differences) {
    const data = Float32Array.from(values)
    let eager: string
    try {
      eager = tf.tidy(() => Array.from(fn(tf.tensor1d(data)).dataSync()).join(', '))
    } catch {
      eager = 'error'
    }
    const compiled = await runtime.compile(({ x }: { x: Tensor }) => ({ y: fn(x) }), {
      x: { shape: [values.length], dtype: 'float32' },
    })
    const { y } = await compiled.run({ x: data })
    await compiled.dispose()
    const found = Array.from(y as Float32Array).join(', ')
    expect(found, `${name} no longer differs`).not.toBe(eager)
    rows.push(`| ${name} | ${eager} | ${found} | ${reason} |`)
  }
  return rows
}

test('COVERAGE.md says which kernels are translated and have a gradient, and what differs', async () => {
  const known = kernelNames().sort()
  const tried = await exercised()
  const untried = known.filter(name => translated.has(name) && !tried.has(name) && !uncalled.has(name))
  expect(untried).toEqual([])
  const own = [...translated].filter(name => !known.includes(name)).sort()
  const onWebGpu = await exercised(WEBGPU_EVERY)
  const hasGradient = (name: string): boolean => tf.getGradient(name) !== undefined
  const count = (names: readonly string[]): string =>
    `${names.length}, ${names.filter(hasGradient).length} of them with a gradient`
  const [yes, no] = [true, false].map(forward => known.filter(name => translated.has(name) === forward)) as [
    string[],
    string[],
  ]
  const row = (name: string): string => {
    const cpu = uncalled.has(name) ? 'untested' : 'yes'
    const webgpu = onWebGpu.has(name) ? 'yes' : 'untested'
    return `| ${name} | ${cpu} | ${cpu} | ${webgpu} | ${hasGradient(name) ? 'yes' : ''} |`
  }
  expect(no.filter(name => !(name in refusals))).toEqual([])
  const text = [
    '# Coverage',
    '',
    'Written by `src/trace/coverage.test.ts` (`npx vitest run packages/compiler/src/trace/coverage.test.ts -u`).',
    '',
    '## Kernels of tfjs-core',
    '',
    `Translated: ${count(yes)}. Refused: ${count(no)}.`,
    '',
    '"yes" means that at least one case is compared with tfjs on the cpu: by ONNX Runtime for Node, for pages on wasm with two',
    `threads, and on WebGPU, where every ${WEBGPU_EVERY}th case is tried. No op calls what is untested on the cpu. What WebGPU has no`,
    'kernel for, ONNX Runtime does on the processor. A gradient is one of `@tinystories/backends`, tested against finite',
    'differences.',
    '',
    '| kernel | cpu | wasm threads | webgpu | gradient |',
    '| --- | --- | --- | --- | --- |',
    ...yes.map(row),
    '',
    '## What is refused',
    '',
    'Each with the error `unsupported-kernel`, which names the kernel, the line of the function, the reason and the remedy.',
    '',
    '| kernel | reason | remedy |',
    '| --- | --- | --- |',
    ...no.map(name => `| ${name} | ${refusals[name]!.reason} | ${refusals[name]!.remedy} |`),
    '',
    `Operations of this package that tfjs does not have: ${own.join(', ')}.`,
    '',
    '## What differs from tfjs on the cpu',
    '',
    'On the processor; `special-values.test.ts` compares several hundred further cases (NaN, infinities, places outside, int32',
    'that overflow, divisions by 0, ties, no elements), and they are equal. Graphics cards keep no such rules for NaN and places',
    'outside. Arithmetic on bool is refused, with the error `unsupported-type`; tfjs on the cpu computes with bytes. Of equal',
    "numbers in one tensor ONNX Runtime's `sin`, `cos`, `tan` and `atan` may differ in the last digit, by their place: what ties in",
    'tfjs, as for the gradient of `max`, need not tie compiled.',
    '',
    '| case | tfjs on the cpu | compiled | reason |',
    '| --- | --- | --- | --- |',
    ...(await differenceRows()),
    '',
  ]
  await expect(text.join('\n')).toMatchFileSnapshot('../../COVERAGE.md')
})
