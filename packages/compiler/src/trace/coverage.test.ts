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

/** What compiled functions do otherwise than tfjs on the cpu, each tried below. */
const differences: [string, (x: Tensor) => Tensor, number[]][] = [
  ['`max` of 1, NaN, 3', x => tf.max(x), [1, Number.NaN, 3]],
  ['`min` of 1, NaN, 3', x => tf.min(x), [1, Number.NaN, 3]],
  ['`gather` of row -1 from 1, 2, 3', x => tf.gather(x, tf.tensor1d([-1], 'int32')), [1, 2, 3]],
  ['`cast` of NaN to int32', x => tf.cast(x, 'int32'), [Number.NaN]],
  ['`cast` of 3e9 to int32', x => tf.cast(x, 'int32'), [3e9]],
  [
    '`sum` of 2147483520 twice as int32',
    x => tf.sum(tf.cast(tf.sub(x, 0), 'int32')),
    [2147483520, 2147483520],
  ],
  ['1e-15 times 1e-30, a denormal number, times 1e10', x => tf.mul(tf.mul(x, 1e-30), 1e10), [1e-15]],
]

async function differenceRows(): Promise<string[]> {
  const rows: string[] = []
  for (const [name, fn, values] of differences) {
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
    if (found !== eager) rows.push(`| ${name} | ${eager} | ${found} |`)
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
    '| case | tfjs on the cpu | compiled |',
    '| --- | --- | --- |',
    ...(await differenceRows()),
    '',
  ]
  await expect(text.join('\n')).toMatchFileSnapshot('../../COVERAGE.md')
})
