import { tensor, type Variable } from '@tensorflow/tfjs-core'
import { CompilerError, type Role } from '../errors.ts'
import type { Graph, NamedValue } from '../graph/graph.ts'
import { writeOnnx } from '../graph/onnx-writer.ts'
import { inPlaceStates, type StatePart } from '../passes/in-place.ts'
import { optimize } from '../passes/optimize.ts'
import { type Rows, tileUpdates } from '../passes/tile-updates.ts'
import { backendSettled, traceFunction } from '../trace/trace-function.ts'
import { type TracedVariable, VARIABLES, variablePath } from '../trace/traced-variables.ts'
import {
  compact,
  type DataOf,
  describe,
  isTensorData,
  type Leaf,
  leavesOf,
  pathName,
  type SpecsOf,
  sizeOf,
  type TensorData,
  type TensorSpec,
  treeOf,
} from '../tree.ts'
import type { Channel } from './channel.ts'
import type { Binding } from './messages.ts'
import { recordable } from './recordable.ts'
import type { Compiled, CompileOptions, RunOptions, Runtime, WriteOptions } from './runtime.ts'

interface StateLeaf {
  readonly path: readonly string[]
  readonly dtype: TensorSpec['dtype']
  readonly size: number
  /** Known from the first function that is compiled with it. */
  shape?: readonly number[]
}

export interface TracedRuntimeOptions {
  threads: number
  providers: readonly string[]
  /** Whether parts of the state can be bound as views. */
  views?: boolean
}

/** Providers that run ONNX Runtime's own CPU kernels. */
const CPU_PROVIDERS: readonly string[] = ['cpu', 'wasm']

/** Tensors that ONNX Runtime's CUDA provider joins or splits by one launch; more it looks up in a table that it copies. */
const CUDA_AT_ONCE = 32

const DTYPE_OF = { Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'bool' } as const

/** The caller's side of a runtime: it checks and names things; what is behind the channel holds and runs them. */
export class TracedRuntime implements Runtime {
  readonly threads: number
  readonly providers: readonly string[]
  readonly #views: boolean
  readonly #channel: Channel
  /** What is in the state, by name. */
  readonly #state = new Map<string, StateLeaf>()
  /** The variables that are in the state, by name. */
  readonly #variables = new Map<string, Variable>()
  #nextSession = 0
  /** Settles when the last requested run has ended. */
  #lastRun: Promise<unknown> = Promise.resolve()
  /** Settles when all runs that could be aborted have started; undefined when there are none. */
  #waiting: Promise<unknown> | undefined

  constructor(channel: Channel, { threads, providers, views = false }: TracedRuntimeOptions) {
    this.#channel = channel
    this.#views = views
    this.threads = threads
    this.providers = providers
  }

  async write(state: object, { transfer = false }: WriteOptions = {}): Promise<void> {
    const leaves = leavesOf(state, isTensorData, 'The state')
    for (const { path, value } of leaves) {
      const name = pathName(path)
      const known = this.#state.get(name)
      const dtype = dtypeOf(value)
      if (known && (known.size !== value.length || known.dtype !== dtype)) {
        const found = `${value.length} elements of ${dtype}`
        throw new CompilerError('invalid-array', { role: 'state', name, found, expected: heldOf(known) })
      }
    }
    for (const { path, value } of leaves) {
      const name = pathName(path)
      if (!this.#state.has(name)) this.#state.set(name, { path, dtype: dtypeOf(value), size: value.length })
    }
    // Each a buffer of its own: an array that is given under two names arrives as one, and each is written in place.
    const buffers = new Set<ArrayBufferLike>()
    const arrays = leaves.map(({ path, value }) => {
      const whole = compact(value)
      const array = buffers.has(whole.buffer) ? whole.slice() : whole
      buffers.add(array.buffer)
      return [pathName(path), array] as const
    })
    await this.#channel.ask(
      { kind: 'write', state: arrays },
      'writing the state',
      transfer ? ([...buffers] as ArrayBuffer[]) : [],
    )
  }

  async read(key: string): Promise<Record<string, unknown>> {
    const names = [...this.#state].filter(([, { path }]) => path[0] === key).map(([name]) => name)
    if (names.length === 0) throw new CompilerError('unwritten-state', { name: key })
    const data = new Map(await this.#channel.ask({ kind: 'read', names }, `reading the state "${key}"`))
    return treeOf(names.map(name => ({ path: this.#state.get(name)!.path, value: data.get(name)! })))[
      key
    ] as Record<string, unknown>
  }

  async compile<I extends object, O extends object>(
    fn: (inputs: I) => O,
    example: SpecsOf<I>,
    { state: stateKeys = [], variables = false, profile }: CompileOptions = {},
  ): Promise<Compiled<I, O>> {
    const cpu = this.providers.every(provider => CPU_PROVIDERS.includes(provider))
    await backendSettled()
    const trace = traceFunction(fn, example, { largeOperations: !cpu, variables })
    await this.#holdVariables(trace.variables)
    const state = variables ? [...stateKeys, VARIABLES] : stateKeys
    const held = trace.variables.map(({ variable, assigned }) => {
      const { shape, dtype } = variable
      return { path: variablePath(variable), value: { shape, dtype } as TensorSpec, assigned }
    })
    const optimized = optimize(trace.graph, {
      cpu,
      ...(this.providers[0] === 'cuda' && { atOnce: CUDA_AT_ONCE }),
    })
    const inputs = [...trace.inputs, ...held].map((leaf, i) =>
      this.#bind(leaf, optimized.inputs[i]!.name, state, 'input'),
    )
    const outputs = [...trace.outputs, ...held.filter(({ assigned }) => assigned)].map((leaf, i) =>
      this.#bind(leaf, optimized.outputs[i]!.name, state, 'output'),
    )
    const { graph, bound } = this.#place(optimized, [...inputs, ...outputs])
    const model = writeOnnx(graph, fn.name || 'compiled')
    const session = this.#nextSession++
    await this.#channel.ask(
      {
        kind: 'compile',
        session,
        model,
        options: {
          threads: this.threads,
          recorded: profile === undefined && recordable(graph),
          ...(profile !== undefined && { profile }),
        },
        inputs: bound.inputs,
        outputs: bound.outputs,
      },
      'loading the graph',
    )
    const free = <T>(
      leaves: readonly Leaf<T>[],
      bindings: readonly Binding[],
    ): (Leaf<T> & { name: string })[] =>
      leaves.flatMap((leaf, i) =>
        bindings[i]!.state === undefined ? [{ ...leaf, name: bindings[i]!.name }] : [],
      )
    const freeInputs = free(trace.inputs, inputs)
    const freeOutputs = free(trace.outputs, outputs)
    let disposed = false

    return {
      graph: model,
      nodeCount: graph.nodes.length,
      run: async (given, into, options) => {
        if (disposed) throw new CompilerError('disposed', { what: 'compiled function' })
        const data = checkArrays(given, freeInputs, 'input', true)
        const targets = into && checkArrays(into, freeOutputs, 'output', false)
        const results = new Map(
          await this.#inTurn(options, () =>
            this.#channel.ask(
              {
                kind: 'run',
                session,
                inputs: [...data].map(([name, array]) => [name, compact(array)] as const),
              },
              'running the graph',
            ),
          ),
        )
        const leaves = freeOutputs.map(({ path, name }) => {
          const result = results.get(name)!
          const target = targets?.get(name)
          target?.set(result)
          return { path, value: target ?? result }
        })
        return treeOf(leaves) as DataOf<O>
      },
      dispose: async () => {
        if (disposed) return
        disposed = true
        await this.#channel.ask({ kind: 'release', session }, 'releasing the graph').catch(ignoreDisposed)
      },
    }
  }

  async readVariables(): Promise<void> {
    const values = this.#variables.size > 0 ? await this.read(VARIABLES) : {}
    for (const [name, variable] of this.#variables) {
      if (variable.isDisposed) continue
      const value = tensor(values[name] as TensorData, variable.shape, variable.dtype)
      variable.assign(value)
      value.dispose()
    }
  }

  async writeVariables(): Promise<void> {
    await this.#write([...this.#variables.values()].filter(variable => !variable.isDisposed))
  }

  async dispose(): Promise<void> {
    await this.#channel.stop()
  }

  /** Writes those variables into the state that it does not hold. */
  async #holdVariables(used: readonly TracedVariable[]): Promise<void> {
    const fresh = used.map(({ variable }) => variable).filter(v => this.#variables.get(v.name) !== v)
    await this.#write(fresh)
    for (const variable of fresh) this.#variables.set(variable.name, variable)
  }

  async #write(variables: readonly Variable[]): Promise<void> {
    if (variables.length === 0) return
    const data = variables.map(async v => [v.name, (await v.data()) as TensorData] as const)
    await this.write({ [VARIABLES]: Object.fromEntries(await Promise.all(data)) })
  }

  /**
   * Requests a run. Without a signal the request is sent immediately and waits on the other side; with one it waits here,
   * where it can be aborted, and so do those that come after it.
   */
  #inTurn<T>({ signal }: RunOptions = {}, ask: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted()
    if (!signal && !this.#waiting) {
      const run = ask()
      this.#lastRun = run.catch(() => {})
      return run
    }
    const before = this.#lastRun
    const run = before.then(() => {
      signal?.throwIfAborted()
      return ask()
    })
    const settled: Promise<unknown> = run
      .catch(() => {})
      .then(() => {
        if (this.#waiting === settled) this.#waiting = undefined
      })
    this.#waiting = settled
    this.#lastRun = settled
    return run
  }

  /** The graph with its large updates in tiles and in place, where they can be, and how inputs and outputs are bound. */
  #place(
    optimized: Graph,
    bindings: readonly Binding[],
  ): { graph: Graph; bound: { inputs: Binding[]; outputs: Binding[] } } {
    const whole = new Map(bindings.map(binding => [binding.name, binding]))
    const bind = (values: readonly NamedValue[], rows: ReadonlyMap<string, Rows>): Binding[] =>
      values.map(({ name }) => {
        const part = rows.get(name)
        if (!part) return whole.get(name)!
        return { ...whole.get(part.of)!, name, rows: { from: part.from, count: part.count } }
      })
    if (!this.#views) {
      const none = new Map<string, Rows>()
      return {
        graph: optimized,
        bound: { inputs: bind(optimized.inputs, none), outputs: bind(optimized.outputs, none) },
      }
    }
    const isState = (binding: Binding): binding is Binding & StatePart => binding.state !== undefined
    const { graph, rows } = tileUpdates(optimized, new Set(bindings.filter(isState).map(({ name }) => name)))
    const [inputs, outputs] = [bind(graph.inputs, rows), bind(graph.outputs, rows)]
    const inPlace = inPlaceStates(graph, inputs.filter(isState), outputs.filter(isState))
    return {
      graph,
      bound: {
        inputs,
        outputs: outputs.map(output =>
          isState(output) && inPlace.has(output.state) ? { ...output, inPlace: true } : output,
        ),
      },
    }
  }

  /** Whether an input or output is state, and if so whether it is what the state holds. */
  #bind({ path, value }: Leaf<TensorSpec>, name: string, state: readonly string[], role: Role): Binding {
    if (!state.includes(path[0]!)) return { name, spec: value }
    const key = pathName(path)
    const held = this.#state.get(key)
    if (!held) throw new CompilerError('unwritten-state', { name: key })
    const sameShape = held.shape === undefined || held.shape.join() === value.shape.join()
    if (held.size !== sizeOf(value.shape) || held.dtype !== value.dtype || !sameShape) {
      const found = `of shape [${value.shape}] and type ${value.dtype}`
      throw new CompilerError('invalid-array', { role, name: key, found, expected: heldOf(held) })
    }
    held.shape = value.shape
    return { name, spec: value, state: key }
  }
}

/** What the state holds under a name, for an error. */
function heldOf({ shape, size, dtype }: StateLeaf): string {
  return shape
    ? `of shape [${shape}] and type ${dtype}, as it was written`
    : `${size} elements of ${dtype}, as it was written`
}

/** The arrays for the leaves by their names in the graph, each checked. */
function checkArrays(
  tree: object,
  leaves: readonly (Leaf<TensorSpec> & { name: string })[],
  role: 'input' | 'output',
  complete: boolean,
): Map<string, TensorData> {
  const what = `The ${role}`
  const given = new Map(leavesOf(tree, isTensorData, what).map(({ path, value }) => [pathName(path), value]))
  const known = leaves.map(({ path }) => pathName(path))
  const checked = new Map<string, TensorData>()
  for (const { path, value: spec, name } of leaves) {
    const key = pathName(path)
    const data = given.get(key)
    given.delete(key)
    if (!data) {
      if (complete) throw new CompilerError('missing-input', { name: key, known })
      continue
    }
    const size = sizeOf(spec.shape)
    if (data.length !== size || dtypeOf(data) !== spec.dtype) {
      const found = `${describe(data)} of ${data.length} elements`
      const expected = `a ${arrayNameOf(spec.dtype)} of ${size} elements (shape [${spec.shape}] of type ${spec.dtype})`
      throw new CompilerError('invalid-array', { role, name: key, found, expected })
    }
    checked.set(name, data)
  }
  const [unknown] = given.keys()
  if (unknown !== undefined) throw new CompilerError('unknown-array', { role, name: unknown, known })
  return checked
}

function dtypeOf(data: TensorData): TensorSpec['dtype'] {
  // By the kind of elements and not by the class's name, which a subclass such as Buffer has for itself.
  if (data instanceof Float32Array) return DTYPE_OF.Float32Array
  return data instanceof Int32Array ? DTYPE_OF.Int32Array : DTYPE_OF.Uint8Array
}

function arrayNameOf(dtype: TensorSpec['dtype']): string {
  return Object.entries(DTYPE_OF).find(([, type]) => type === dtype)![0]
}

function ignoreDisposed(error: unknown): void {
  if (!(CompilerError.isInstance(error) && error.code === 'disposed')) throw error
}
