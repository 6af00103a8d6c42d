import * as tf from '@tensorflow/tfjs-core'
import { Tensor } from '@tensorflow/tfjs-core'
import { CompilerError } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import {
  describe,
  type Leaf,
  leavesOf,
  pathName,
  type SpecsOf,
  type TensorSpec,
  type TensorTree,
  treeOf,
} from '../tree.ts'
import { TRACE_BACKEND, unsupportedKernel } from './kernel.ts'
import { registerTranslations } from './kernels/index.ts'
import { refuseRandom } from './refuse-random.ts'
import { elementTypeOf, TraceBackend } from './trace-backend.ts'
import { type TracedVariable, TracedVariables, VARIABLES, withoutVariables } from './traced-variables.ts'

/** A traced function: its graph, and the leaves of its inputs and outputs in the order of the graph's own. */
export interface Trace {
  readonly graph: Graph
  readonly inputs: readonly Leaf<TensorSpec>[]
  readonly outputs: readonly Leaf<TensorSpec>[]
  /** The variables that the function uses; further inputs and outputs of the graph, after its leaves. */
  readonly variables: readonly TracedVariable[]
}

/** Options of {@link traceFunction}. */
export interface TraceOptions {
  /**
   * Whether few large operations are wanted rather than many that fit a cache, as graphics cards do. A function sees it
   * as `largeOperations` of `tf.backend()`. Default: false.
   */
  largeOperations?: boolean
  /**
   * Whether the function may use variables (`tf.Variable`): each is an input of the graph, and an output if the function
   * assigns to it, named `variables/` and its name. Numbers that are tensors from outside are constants of the graph then.
   * A variable that the function makes, as optimizers do in their first step, exists afterwards with its first value.
   * Default: false, they are refused.
   */
  variables?: boolean
}

/**
 * Runs `fn` once with tensors that stand for its inputs and records what it does as a graph. The graph's inputs and
 * outputs are named by their keys, joined by `/`; an output that would share its name with an input is prefixed
 * `next/`. The current tfjs backend is restored afterwards, also when `fn` throws, and no tensor is left over.
 *
 * @param fn a pure, synchronous function from a nested record of tensors to another
 * @param example a tensor, or a shape and type, for each input
 * @throws CompilerError when `fn` uses a kernel without translation, reads a value, uses a tensor from outside, draws
 * random numbers or returns anything but tensors; and whatever `fn` itself throws
 */
export function traceFunction<I extends object = TensorTree>(
  fn: (inputs: I) => object,
  example: SpecsOf<I>,
  { largeOperations = false, variables = false }: TraceOptions = {},
): Trace {
  registerTranslations()
  const specs = leavesOf(example, isSpec, 'The example input').map(({ path, value }) => {
    elementTypeOf(value.dtype)
    return { path, value: { shape: [...value.shape], dtype: value.dtype } }
  })
  const backend = new TraceBackend(largeOperations)
  if (variables && specs.some(({ path }) => path[0] === VARIABLES))
    throw new CompilerError('invalid-option', {
      option: 'variables',
      value: variables,
      expected: `false, as an input is called "${VARIABLES}"`,
    })
  const traced = variables ? new TracedVariables(backend) : undefined
  const outputs: Leaf<TensorSpec>[] = []
  const used: TracedVariable[] = []
  const record = (): void => {
    const leaves = specs.map(({ path, value }) => {
      const input = backend.graph.input(pathName(path), value.dtype, value.shape)
      return { path, value: tf.engine().makeTensorFromTensorInfo(backend.tensorInfo(input), backend) }
    })
    const results = outputLeaves(fn(treeOf(leaves) as I))
    backend.refuseWhatWasCaught()
    for (const { path, value } of results) {
      const output = backend.resolve(value, `The output "${pathName(path)}"`)
      backend.graph.output(outputName(path, specs), output)
      outputs.push({ path, value: { shape: [...value.shape], dtype: value.dtype as TensorSpec['dtype'] } })
    }
    used.push(...(traced?.finish() ?? []))
  }
  try {
    withBackend(backend, () => (traced ? traced.follow(record) : withoutVariables(record)))
  } finally {
    traced?.settle()
  }
  return { graph: backend.graph.finish(), inputs: specs, outputs, variables: used }
}

/**
 * Waits for a tfjs backend that is being set. Until that is over tfjs refuses every operation, those of a traced function
 * too, though they do not run on it.
 */
export async function backendSettled(): Promise<void> {
  // Without a backend `ready` would choose one. One that fails is no concern of a trace.
  if (tf.engine().backendName != null) await tf.ready().catch(() => {})
}

function outputName(path: readonly string[], inputs: readonly Leaf<TensorSpec>[]): string {
  const name = pathName(path)
  return inputs.some(input => pathName(input.path) === name) ? `next/${name}` : name
}

function outputLeaves(result: unknown): Leaf<Tensor>[] {
  refusePromises(result)
  if (result instanceof Tensor) throw new CompilerError('invalid-result', { path: '', found: 'one tensor' })
  const leaves = leavesOf(
    result,
    (value): value is Tensor => value instanceof Tensor,
    "The function's result",
  )
  if (leaves.length === 0)
    throw new CompilerError('invalid-result', { path: '', found: `no tensor (${describe(result)})` })
  return leaves
}

/** @throws CompilerError `async-function` for a promise anywhere in the result */
function refusePromises(result: unknown): void {
  const promises: (readonly string[])[] = []
  const seen = new Set<unknown>()
  const visit = (value: unknown, path: readonly string[]): void => {
    if (value instanceof Promise) {
      // That it rejects, if it does, is a consequence of being traced; nobody else would handle it.
      value.catch(() => {})
      promises.push(path)
    } else if (
      typeof value === 'object' &&
      value !== null &&
      !(value instanceof Tensor) &&
      !seen.has(value)
    ) {
      seen.add(value)
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key])
    }
  }
  visit(result, [])
  const [first] = promises
  if (first) throw new CompilerError('async-function', { path: pathName(first) })
}

/** Methods of the engine that measure what runs, and wait for values. */
const MEASURES = ['time', 'profile'] as const

/** Makes `backend` the current one while `work` runs, and leaves nothing behind when it throws. */
function withBackend(backend: TraceBackend, work: () => void): void {
  const engine = tf.engine()
  const previous = engine.backendName
  if (previous === TRACE_BACKEND) {
    throw new CompilerError('nested-trace', {})
  }
  // The engine disposes of tensors that a gradient keeps when it ends; of others, and after an error, nobody does.
  const kept: Tensor[] = []
  const { keep } = engine
  engine.keep = <T extends Tensor>(result: T): T => {
    kept.push(result)
    keep.call(engine, result)
    return result
  }
  const { runKernel } = engine
  engine.runKernel = (name, ...rest) => {
    try {
      if (!tf.getKernel(name, TRACE_BACKEND)) throw unsupportedKernel(name)
      return runKernel.call(engine, name, ...rest) as never
    } catch (error) {
      // The function may catch it, and would then be compiled without what it asked for.
      throw backend.remember(error)
    }
  }
  for (const name of MEASURES)
    engine[name] = () => {
      throw backend.remember(unsupportedKernel(`tf.${name}`))
    }
  // The lowest priority: it is never chosen by tfjs, only set here.
  tf.registerBackend(TRACE_BACKEND, () => backend, -1)
  try {
    // Setting a registered backend takes effect immediately; the promise only confirms it.
    void tf.setBackend(TRACE_BACKEND)
    // Nothing is returned, so that the tidy disposes of everything.
    tf.tidy(() => refuseRandom(work, error => backend.remember(error)))
  } finally {
    for (const tensor of kept) if (!tensor.isDisposed) tensor.dispose()
    for (const name of ['keep', 'runKernel', ...MEASURES]) Reflect.deleteProperty(engine, name)
    if (previous != null) void tf.setBackend(previous)
    tf.removeBackend(TRACE_BACKEND)
  }
}

function isSpec(value: unknown): value is TensorSpec {
  if (typeof value !== 'object' || value === null) return false
  const { shape, dtype } = value as Partial<TensorSpec>
  return (
    Array.isArray(shape) &&
    shape.every(size => Number.isInteger(size) && size >= 0) &&
    typeof dtype === 'string'
  )
}
