import * as tf from '@tensorflow/tfjs-core'
import {
  CompilerError,
  type GraphNode,
  optimize,
  type Runtime,
  type TensorData,
  traceFunction,
  writeOnnx,
} from '@tinystories/compiler'
import type { NumpyOracle } from './numpy-oracle.ts'
import {
  type Dice,
  dice,
  functionOf,
  type GraphInput,
  type RandomGraph,
  randomGraph,
} from './random-graph.ts'

/** What came of a graph; `problem` where a contender and tfjs disagree. */
export interface GraphResult {
  ops: number
  outcome: Outcome
  problem?: string
  /** Contenders that have an op left out or wrong, and so computed nothing. */
  skipped: string[]
}

type Outcome = 'equal' | 'unstable' | 'different' | 'refused' | 'eager-failed'
type GraphFunction = ReturnType<typeof functionOf>

/** One more way to compute a graph's outputs from its inputs; undefined where it cannot, and that is no fault of ours. */
export type Contender = (
  fn: GraphFunction,
  inputs: Record<string, GraphInput>,
  data: Record<string, TensorData>,
) => Promise<Record<string, TensorData> | undefined>

/** Compiled, on ONNX Runtime. */
export function compiledBy(runtime: Runtime): Contender {
  return async (fn, inputs, data) => {
    const compiled = await runtime.compile(fn, inputs)
    try {
      return (await compiled.run(data)) as Record<string, TensorData>
    } finally {
      await compiled.dispose()
    }
  }
}

/** Of the padding of a MaxPool, onnx 1.23's evaluator takes the second number, the beginning of the next axis, for an end. */
function isUnevenPool({ op, attributes }: GraphNode): boolean {
  const pads = attributes.pads && 'ints' in attributes.pads ? attributes.pads.ints : []
  return op === 'MaxPool' && pads.some((pad, i) => pad !== pads[0] && i > 0)
}

/** Traced into standard operations, and these computed by numpy: another's reading of the same graph. */
export function numpyBy(oracle: NumpyOracle): Contender {
  return async (fn, inputs, data) => {
    const graph = optimize(traceFunction(fn, inputs).graph, { cpu: false })
    return graph.nodes.some(isUnevenPool) ? undefined : oracle.evaluate(writeOnnx(graph), inputs, data)
  }
}

/** Differences are counted against 1 + |value|: sums in another order and functions of another library. */
const TOLERANCE = 1e-4
/** How far inputs are moved, relatively, to see how much the result depends on rounding. */
const MOVED = 1e-5
const MOVES = 4

/**
 * Makes the graph of a seed, runs it on tfjs's cpu backend and by the contenders, and compares all outputs. Where they differ
 * no more than tfjs's own result does when the inputs move a little, as at a jump, that is no finding.
 */
export async function compareGraph(
  contenders: Record<string, Contender>,
  seed: number,
  { special = false }: { special?: boolean } = {},
): Promise<GraphResult> {
  const d = dice(seed)
  const graph = randomGraph(d, { special })
  const data = graph.inputs.map(input => valuesOf(d, input))
  if (special) for (const values of data) addSpecial(d, values)
  const fn = functionOf(graph)
  const ops = graph.steps.length
  let expected: Map<string, Eager>
  try {
    expected = eager(graph, fn, data)
  } catch (error) {
    return { ops, skipped: [], outcome: 'eager-failed', problem: String((error as Error).message) }
  }
  const specs = Object.fromEntries(graph.inputs.map((input, i) => [`x${i}`, input]))
  const named = Object.fromEntries(data.map((values, i) => [`x${i}`, values]))
  let spread: Map<string, number[]> | undefined
  let outcome: Outcome = 'equal'
  const skipped: string[] = []
  for (const [name, compute] of Object.entries(contenders)) {
    const problem = (what: string): string => `${name}, ${describe(graph)}: ${what}`
    let results: Record<string, TensorData> | undefined
    try {
      results = await compute(fn, specs, named)
    } catch (error) {
      const refused = CompilerError.isInstance(error) && error.code.startsWith('unsupported')
      return {
        ops,
        skipped,
        outcome: refused ? 'refused' : 'different',
        problem: problem((error as Error).message),
      }
    }
    if (!results) skipped.push(name)
    if (!results || !differences(expected, results, () => TOLERANCE)) continue
    spread ??= spreadOf(d, graph, fn, data, expected)
    const far = differences(expected, results, (output, i) => TOLERANCE + 20 * spread!.get(output)![i]!)
    if (far) return { ops, skipped, outcome: 'different', problem: problem(far) }
    outcome = 'unstable'
  }
  return { ops, skipped, outcome }
}

/** How far tfjs's own results for inputs nearby lie from its result: a jump is as wide. */
function spreadOf(
  d: Dice,
  graph: RandomGraph,
  fn: GraphFunction,
  data: readonly TensorData[],
  expected: ReadonlyMap<string, Eager>,
): Map<string, number[]> {
  const spread = new Map<string, number[]>()
  for (let move = 0; move < MOVES; move++) {
    const moved = data.map(values =>
      values instanceof Float32Array
        ? values.map(v => v * (1 + MOVED * (2 * d.next() - 1)) + MOVED * (d.next() - 0.5))
        : values,
    )
    for (const [name, { values }] of eager(graph, fn, moved)) {
      const widths = spread.get(name) ?? new Array<number>(values.length).fill(0)
      for (const [i, v] of values.entries())
        widths[i] = Math.max(widths[i]!, apart(v, expected.get(name)!.values[i]!))
      spread.set(name, widths)
    }
  }
  return spread
}

interface Eager {
  dtype: string
  values: number[]
}

function eager(graph: RandomGraph, fn: GraphFunction, data: readonly TensorData[]): Map<string, Eager> {
  const values = new Map<string, Eager>()
  tf.tidy(() => {
    const given = graph.inputs.map(
      ({ shape, dtype }, i) => [`x${i}`, tf.tensor(data[i]!, shape, dtype)] as const,
    )
    // The cpu backend keeps the bytes of a bool that is cast.
    for (const [name, tensor] of Object.entries(fn(Object.fromEntries(given))))
      values.set(name, {
        dtype: tensor.dtype,
        values: Array.from(tensor.dataSync(), v => (tensor.dtype === 'bool' ? Number(v !== 0) : v)),
      })
  })
  return values
}

function differences(
  expected: ReadonlyMap<string, Eager>,
  results: Record<string, TensorData>,
  allowed: (name: string, i: number) => number,
): string | undefined {
  for (const [name, { values, dtype }] of expected) {
    const got = results[name]
    const kind = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype as 'bool']
    if (!(got instanceof kind) || got.length !== values.length)
      return `${name} is ${got?.length} elements of ${got?.constructor.name}, not ${values.length} of ${dtype}`
    for (const [i, value] of values.entries()) {
      const other = got[i]!
      const distance = apart(other, value) / (1 + Math.abs(Number.isFinite(value) ? value : 0))
      if (!(distance <= allowed(name, i))) return `${name}[${i}] is ${other}, and ${value} eagerly`
    }
  }
  return undefined
}

/** How far numbers lie apart: NaN is close to NaN alone. The sign of 0 does not count. */
function apart(a: number, b: number): number {
  if (Object.is(a, b)) return 0
  const distance = Math.abs(a - b)
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance
}

const REALS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  1e30,
  -1e30,
  1e-30,
  0.5,
  1,
  -1,
]
/** int32 that are float32, too: tfjs does not round them when it casts them. */
const WHOLE = [2 ** 31 - 128, -(2 ** 31), 2 ** 24, -1, 0]

/** Puts values in some places on which libraries disagree. */
function addSpecial(d: Dice, values: TensorData): void {
  if (values instanceof Uint8Array) return
  for (let i = 0; i < values.length; i++)
    if (d.next() < 0.15) values[i] = d.pick(values instanceof Float32Array ? REALS : WHOLE)
}

function valuesOf(d: Dice, { shape, dtype }: GraphInput): TensorData {
  const length = shape.reduce((a, b) => a * b, 1)
  if (dtype === 'float32') return Float32Array.from({ length }, () => 4 * d.next() - 2)
  if (dtype === 'int32') return Int32Array.from({ length }, () => d.int(-5, 5))
  return Uint8Array.from({ length }, () => d.int(0, 1))
}

function describe({ inputs, steps, gradient }: RandomGraph): string {
  const given = inputs.map(({ shape, dtype }) => `${dtype}[${shape}]`).join(' ')
  const ops = steps.map(({ op, operands }, i) => `${i + inputs.length}=${op}(${operands})`).join(' ')
  return `${given} ${ops}${gradient ? ' gradient' : ''}`
}
