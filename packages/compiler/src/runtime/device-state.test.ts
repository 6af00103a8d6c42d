import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadCudaOrt } from '../cuda/load-cuda-ort.ts'
import { CompilerError } from '../errors.ts'
import { GraphBuilder } from '../graph/graph-builder.ts'
import { writeOnnx } from '../graph/onnx-writer.ts'
import { runWithGraphics } from '../testing/graphics.ts'
import type { TensorData } from '../tree.ts'
import { createRuntime } from './create-runtime.ts'
import { DeviceState, keptOutputs } from './device-state.ts'
import type { Binding } from './messages.ts'
import type { Ort, OrtSession, OrtTensor } from './ort.ts'

interface Trained {
  losses: number[]
  net: number[]
  inForce: string[]
  resident: number[]
}

describe('state on a WebGPU device', () => {
  let found: { device: [Trained, Trained]; cpu: Trained; exchange: unknown[] } | undefined
  beforeAll(async () => {
    const printed = await runWithGraphics('./webgpu-script.ts')
    if ('result' in printed) found = printed.result as NonNullable<typeof found>
    else process.stdout.write(`skipped: ${printed.missing}\n`)
  })

  it('trains as the processor does, and is bit-exact when repeated', context => {
    if (!found) return context.skip()
    const { device, cpu } = found
    expect(device[0].inForce).toEqual(['webgpu'])
    expect(device[1].losses).toEqual(device[0].losses.slice(0, 10))
    cpu.losses.forEach((loss, i) => {
      expect(Math.abs(device[1].losses[i]! - loss)).toBeLessThan(1e-5)
    })
    device[1].net.forEach((value, i) => {
      expect(Math.abs(value - cpu.net[i]!)).toBeLessThan(1e-5)
    })
    expect(device[0].losses.at(-1)!).toBeLessThan(device[0].losses[0]! - 0.1)
  })

  it('does not grow with the steps', context => {
    if (!found) return context.skip()
    const { resident } = found.device[0]
    expect(resident.at(-1)! - resident[1]!).toBeLessThan(10 * 2 ** 20)
  })

  it('is read, replaced and written in all types', context => {
    if (!found) return context.skip()
    const [first, second, third, ...rest] = found.exchange
    expect(first).toEqual({ sum: [13, 14], n: [6], on: [0, 1] })
    expect(second).toEqual({ sum: [11, 12], n: [7], on: [1, 0] })
    expect(third).toEqual({ sum: [13, 14], n: [8], on: [0, 1] })
    expect(rest).toEqual([
      { a: [3, 4], b: [8, 9] },
      { n: [8] },
      { on: [1, 1] },
      { sum: [13, 14], n: [8], on: [1, 1] },
    ])
  })
})

/** y = table[index] + 1 as the new table: fails where the index is out of range. */
function gatherGraph(): Uint8Array {
  const builder = new GraphBuilder()
  const table = builder.input('table', 'float32', [3])
  const index = builder.input('index', 'int32', [3])
  const rows = builder.node('Gather', [table, index], table)
  builder.output('next', builder.node('Add', [rows, builder.scalar(1)], table))
  builder.output('seen', builder.node('Neg', [table], table))
  return writeOnnx(builder.finish())
}

// What runs on CUDA, with the processor in place of the device: everything but the device itself.
describe.runIf(process.platform === 'linux')("state by ONNX Runtime's C interface", () => {
  const spec = { dtype: 'float32', shape: [3] } as const
  const inputs: Binding[] = [
    { name: 'table', spec, state: 'rows' },
    { name: 'index', spec: { dtype: 'int32', shape: [3] } },
  ]
  const outputs: Binding[] = [
    { name: 'next', spec, state: 'rows' },
    { name: 'seen', spec },
  ]
  let ort: Ort
  beforeAll(async () => {
    ort = await loadCudaOrt('Cpu')
  })
  afterAll(() => ort.release())

  async function step(session: OrtSession, state: DeviceState, index: number[]): Promise<OrtTensor> {
    const [table, next] = [inputs[0], outputs[0]] as (Binding & { state: string })[]
    const made = await session.run(
      {
        table: state.input(table!),
        index: ort.tensor(Int32Array.from(index), { dtype: 'int32', shape: [3] }),
      },
      { next: state.target(next!), seen: null },
    )
    state.replace(outputs, made)
    return made.seen!
  }

  it.each([false, true])(
    'is replaced by each run and kept by one that fails (recorded: %s)',
    async recorded => {
      const state = new DeviceState(ort, ort.copier!)
      await state.write('rows', Float32Array.of(1, 2, 3))
      const session = await ort.createSession(
        gatherGraph(),
        { threads: 1, recorded },
        keptOutputs(outputs, ort.copier!),
      )
      await state.adopt(inputs, outputs)
      const values = async (): Promise<number[]> => [...(await state.read('rows'))]
      for (let round = 0; round < 4; round++) {
        await state.write('rows', Float32Array.of(1, 2, 3))
        expect(await values()).toEqual([1, 2, 3])
        expect([...((await step(session, state, [2, 1, 0])).data as TensorData)]).toEqual([-1, -2, -3])
        expect(await values()).toEqual([4, 3, 2])
        await expect(step(session, state, [0, 1, 99])).rejects.toThrow(/indices element out of data bounds/)
        expect(await values()).toEqual([4, 3, 2])
        expect([...((await step(session, state, [0, 0, 0])).data as TensorData)]).toEqual([-4, -3, -2])
        expect(await values()).toEqual([5, 5, 5])
      }
      state.dispose()
      await session.release()
    },
  )

  it("gives ONNX Runtime's own words when something fails", async () => {
    await expect(ort.createSession(Uint8Array.of(1, 2, 3), {}, [])).rejects.toThrow(/protobuf parsing failed/)
    const session = await ort.createSession(gatherGraph(), {}, [])
    await expect(session.run({}, { seen: null })).rejects.toThrow(/Missing Input|not.*provided|invalid/i)
    await session.release()
  })
})

describe('a provider that is not available', () => {
  const graphicsCard = existsSync('/dev/nvidiactl')

  it.skipIf(graphicsCard)('is one error that names the remedy', async () => {
    const failure = await createRuntime({ providers: ['cuda'] }).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (!CompilerError.isInstance(failure)) throw failure
    expect([failure.code, failure.details]).toEqual([
      'missing-provider',
      { provider: 'cuda', needs: expect.stringMatching(/^an NVIDIA card/), problem: expect.any(String) },
    ])
    expect(failure.remedy).toContain('leave "cuda" out of the providers')
  })

  it.skipIf(graphicsCard)('is skipped where another one is named', async () => {
    const runtime = await createRuntime({ providers: ['cuda', 'cpu'], threads: 1 })
    expect(runtime.providers).toEqual(['cpu'])
    await runtime.dispose()
  })

  it('is a wrong argument when none is named', async () => {
    await expect(createRuntime({ providers: [] })).rejects.toMatchObject({
      code: 'invalid-option',
      details: { option: 'providers' },
    })
  })
})
