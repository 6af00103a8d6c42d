import type { Tensor, TensorInfo, Variable } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import { CompilerError } from '../errors.ts'
import type { Value } from '../graph/graph.ts'
import { arrayOf } from '../graph/graph-builder.ts'
import { uniform } from '../graph/operations.ts'
import { pathName, sizeOf, type TensorData } from '../tree.ts'
import type { TraceBackend } from './trace-backend.ts'
import { userLocation } from './user-location.ts'

/** The top-level key under which variables are inputs, outputs and state. */
export const VARIABLES = 'variables'

/** A `tf.Variable` that a traced function uses. */
export interface TracedVariable {
  readonly variable: Variable
  /** Whether the function gives it a new value. */
  readonly assigned: boolean
  /** Its first value, where the function itself makes the variable, as optimizers do in their first step. */
  readonly initial: TensorData | undefined
}

interface Entry {
  readonly variable: Variable
  readonly input: Value
  current: Value
  initial: TensorData | undefined
}

/**
 * Follows variables through a trace: each becomes an input of the graph when it is first used, `assign` changes what
 * later uses see and nothing else, and its last value is an output.
 */
export class TracedVariables {
  readonly #backend: TraceBackend
  readonly #entries = new Map<Variable, Entry>()

  constructor(backend: TraceBackend) {
    this.#backend = backend
    backend.resolveOutside = (tensor, isOutside) => {
      if (isVariable(tensor)) return this.#entry(tensor).current
      // Numbers that optimizers keep as tensors, such as a learning rate.
      return isOutside && tensor.shape.length === 0 ? this.#number(tensor) : undefined
    }
  }

  /** Runs `work` with variables that are made and assigned in the graph alone. */
  follow(work: () => void): void {
    const engine = tf.engine()
    const { makeVariable } = engine
    const self = this
    engine.makeVariable = (...args: Parameters<typeof makeVariable>): Variable => {
      const variable = makeVariable.apply(engine, args)
      const value = self.#backend.resolve(args[0], `The variable "${variable.name}"`)
      self.#entry(variable).initial = initialValue(variable, value)
      return variable
    }
    const refuseRead = function (this: Variable): never {
      const { shape, dtype } = this
      throw new CompilerError('read-while-tracing', { shape, dtype, location: userLocation() })
    }
    const replaced = {
      assign(this: Variable, value: Tensor): void {
        const found = `of shape [${value.shape}] and type ${value.dtype}`
        const expected = `of shape [${this.shape}] and type ${this.dtype}`
        if (found !== expected)
          throw new CompilerError('invalid-array', { role: 'state', name: this.name, found, expected })
        self.#entry(this).current = self.#backend.resolve(value, `The variable "${this.name}"`)
      },
      dataSync: refuseRead,
      data: refuseRead,
      bytes: refuseRead,
    }
    const { prototype } = tf.Variable
    const before = Object.getOwnPropertyDescriptors(prototype)
    for (const [name, value] of Object.entries(replaced))
      Object.defineProperty(prototype, name, { value, configurable: true, writable: true })
    try {
      work()
    } finally {
      Reflect.deleteProperty(engine, 'makeVariable')
      for (const name of Object.keys(replaced) as (keyof typeof replaced)[]) {
        const descriptor = before[name]
        if (descriptor) Object.defineProperty(prototype, name, descriptor)
        else Reflect.deleteProperty(prototype, name)
      }
    }
  }

  /** Adds the last values to the outputs of the graph, and lists which variables there are. */
  finish(): TracedVariable[] {
    return [...this.#entries.values()].map(({ variable, input, current, initial }) => {
      const assigned = current !== input
      if (assigned) this.#backend.graph.output(`next/${input.input}`, current)
      return { variable, assigned, initial }
    })
  }

  /** Gives variables that were made while tracing their first values on the backend that is current now. */
  settle(): void {
    for (const { variable, initial } of this.#entries.values()) {
      if (initial === undefined) continue
      const value = tf.tensor(initial, variable.shape, variable.dtype)
      variable.assign(value)
      value.dispose()
    }
  }

  #entry(variable: Variable): Entry {
    let entry = this.#entries.get(variable)
    if (!entry) {
      const type = variable.dtype as 'float32'
      const input = this.#backend.graph.input(nameOf(variable), type, variable.shape)
      entry = { variable, input, current: input, initial: undefined }
      this.#entries.set(variable, entry)
    }
    return entry
  }

  #number({ dataId, dtype }: TensorInfo): Value {
    const [value] = tf.engine().readSync(dataId) as Float32Array
    return this.#backend.graph.scalar(Number(value), dtype as 'float32')
  }
}

/**
 * Runs `work` while variables can neither be made nor assigned: they would be left with values of the trace, which are none.
 */
export function withoutVariables(work: () => void): void {
  const engine = tf.engine()
  const refuse = ({ shape, dtype }: TensorInfo, user: string): never => {
    throw new CompilerError('captured-tensor', { user, shape, dtype, location: userLocation() })
  }
  engine.makeVariable = (initial, _trainable, name) => refuse(initial, `The variable "${name ?? ''}"`)
  const { prototype } = tf.Variable
  const before = Object.getOwnPropertyDescriptor(prototype, 'assign')!
  const value = function (this: Variable): never {
    return refuse(this, `The variable "${this.name}"`)
  }
  Object.defineProperty(prototype, 'assign', { value, configurable: true, writable: true })
  try {
    work()
  } finally {
    Reflect.deleteProperty(engine, 'makeVariable')
    Object.defineProperty(prototype, 'assign', before)
  }
}

/** The name of a variable in the graph and in the state. */
export function variablePath(variable: Variable): [string, string] {
  return [VARIABLES, variable.name]
}

function nameOf(variable: Variable): string {
  return pathName(variablePath(variable))
}

function isVariable(tensor: object): tensor is Variable {
  return tensor instanceof tf.Variable
}

/** The elements of the first value of a variable, which must not depend on the function's inputs. */
function initialValue(variable: Variable, value: Value): TensorData {
  if (value.constant) return value.constant as TensorData
  const number = uniform(value)
  if (number === undefined)
    throw new CompilerError('computed-variable', { name: variable.name, location: userLocation() })
  return arrayOf(value.type, new Array<number>(sizeOf(value.shape)).fill(number)) as TensorData
}
