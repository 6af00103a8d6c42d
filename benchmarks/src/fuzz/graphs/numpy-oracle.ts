import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TensorData } from '@tinystories/compiler'
import type { GraphInput } from './random-graph.ts'

/** Computes ONNX graphs by numpy, in a Python process of its own. */
export interface NumpyOracle {
  /** With the versions of numpy and onnx. */
  name: string
  /**
   * Undefined where onnx's evaluator fails: its MaxPool does with padding along one axis alone.
   *
   * @param model the bytes of an `.onnx` file of standard operations
   */
  evaluate(
    model: Uint8Array,
    inputs: Record<string, GraphInput>,
    data: Record<string, TensorData>,
  ): Promise<Record<string, TensorData> | undefined>
  stop(): void
}

interface Answer {
  outputs?: Record<string, { dtype: string; data: string }>
}

/** @throws Error when the Python that is named has no onnx */
export async function startNumpyOracle(python: string): Promise<NumpyOracle> {
  const script = fileURLToPath(new URL('./numpy-oracle.py', import.meta.url))
  const child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const started = new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  await started
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done)
      throw new Error(`${python} ended: install onnx there (pip install onnx), or name another in PYTHON`)
    return value
  }
  const name = (await next()).replace('ready ', '')
  return {
    name,
    evaluate: async (model, inputs, data) => {
      const request = {
        model: Buffer.from(model).toString('base64'),
        inputs: Object.fromEntries(
          Object.entries(inputs).map(([key, input]) => [key, { ...input, data: base64(data[key]!) }]),
        ),
      }
      child.stdin.write(`${JSON.stringify(request)}\n`)
      const { outputs } = JSON.parse(await next()) as Answer
      return (
        outputs &&
        Object.fromEntries(
          Object.entries(outputs).map(([key, { dtype, data }]) => [key, dataOf(dtype, data)]),
        )
      )
    },
    stop: () => child.kill(),
  }
}

function base64(values: TensorData): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

function dataOf(dtype: string, text: string): TensorData {
  const { buffer } = Uint8Array.from(Buffer.from(text, 'base64'))
  if (dtype === 'float32') return new Float32Array(buffer)
  if (dtype === 'int32') return new Int32Array(buffer)
  if (dtype === 'bool') return new Uint8Array(buffer)
  throw new Error(`an output of numpy is ${dtype}`)
}
