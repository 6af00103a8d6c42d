import { defineError, type ErrorClass, type ErrorOf } from '@tinystories/utils/errors'

/** `file:line:column` in the traced function, where the stack shows it. */
type Location = string | undefined

/** Details of a {@link CompilerError} by its code. */
export interface CompilerErrorDetails {
  /** The traced function uses a tfjs kernel that has no translation. */
  'unsupported-kernel': { kernel: string; reason: string; remedy: string; location: Location }
  /** A kernel is translated, but not for this type of element; `remedy` says what to do instead. */
  'unsupported-type': { kernel: string; type: string; remedy: string; location: Location }
  /** The traced function makes a tensor of a type that a graph cannot hold, or `user` takes no tensor of that type. */
  'unsupported-dtype': { dtype: string; location: Location; user?: string }
  /** The traced function reads values, which do not exist before the graph runs. */
  'read-while-tracing': {
    shape: readonly number[] | undefined
    dtype: string | undefined
    location: Location
  }
  /** The traced function uses a tensor from outside, whose values would be frozen into the graph. `user` uses it. */
  'captured-tensor': { user: string; shape: readonly number[]; dtype: string; location: Location }
  /** The traced function makes the variable `name` and its first value is computed from the function's inputs. */
  'computed-variable': { name: string; location: Location }
  /** The traced function asks `source` for random numbers or the time, which would be frozen into the graph. */
  'random-while-tracing': { source: string; location: Location }
  /** A function was traced inside of a function that is being traced. */
  'nested-trace': Record<never, never>
  /** The traced function returns a promise, at `path` of its result or ('') as its result. */
  'async-function': { path: string }
  /** The traced function returns something else than a nested record of tensors. */
  'invalid-result': { path: string; found: string }
  /** Something given is not a nested record of arrays or of shapes and types. `what` is it. */
  'invalid-tree': { what: string; path: string; found: string }
  /** An array does not fit its input, output or state `name`. */
  'invalid-array': { role: Role; name: string; found: string; expected: string }
  /** An input has no array. */
  'missing-input': { name: string; known: readonly string[] }
  /** An array is given for something that the function does not have. */
  'unknown-array': { role: Role; name: string; known: readonly string[] }
  /** Nothing was written to a part of the state. */
  'unwritten-state': { name: string }
  /** A run ran out of memory while it wrote this part of the state, which must be written again. */
  'lost-state': { name: string; problem: string }
  /** An option has a value that it cannot have. */
  'invalid-option': { option: string; value: unknown; expected: string }
  /** A package is not installed. */
  'missing-package': { package: string; neededBy: string }
  /** A package is installed and does not load. */
  'package-does-not-load': { package: string; problem: string }
  /** An execution provider is not available here. `needs` says what it takes, `problem` what ONNX Runtime said. */
  'missing-provider': { provider: string; needs: string; problem: string | undefined }
  /** The graphics device was taken away. */
  'device-lost': { device: string; problem: string }
  /** ONNX Runtime failed. `doing` says at what. */
  'runtime-failed': { doing: string; problem: string }
  /** A runtime or compiled function was used after it was disposed of. */
  disposed: { what: 'runtime' | 'compiled function' }
}

/** What an array is for. */
export type Role = 'input' | 'output' | 'state'

/** What kind of mistake a `CompilerError` reports. */
export type CompilerErrorCode = keyof CompilerErrorDetails

/**
 * A function cannot be compiled, or its graph cannot be run. A worker thread that ends throws `WorkerError` of
 * `@tinystories/utils/workers`.
 */
export const CompilerError: ErrorClass<'CompilerError', CompilerErrorDetails> = defineError('CompilerError', {
  'unsupported-kernel': ({ kernel, reason, remedy, location }) => ({
    problem: `The tfjs kernel ${kernel} has no translation to ONNX${at(location)}: ${reason}.`,
    remedy,
  }),
  'unsupported-type': ({ kernel, type, remedy, location }) => ({
    problem: `The tfjs kernel ${kernel} of ${type} has no translation to ONNX${at(location)}.`,
    remedy,
  }),
  'unsupported-dtype': ({ dtype, location, user }) => ({
    problem: user
      ? `${user} takes no ${dtype} tensor in a compiled function${at(location)}.`
      : `A compiled function cannot hold ${dtype} tensors${at(location)}.`,
    remedy: user ? 'Take its parts, with tf.real and tf.imag.' : 'Use float32, int32 or bool.',
  }),
  'read-while-tracing': ({ shape, dtype, location }) => ({
    problem: `The values of ${shape ? `a ${dtype} tensor of shape [${shape}]` : 'a tensor'} were read${at(location)}; while a function is traced there are none.`,
    remedy: 'Compute with tensors only (tf.where instead of if), and return what you want to read.',
  }),
  'captured-tensor': ({ user, shape, dtype, location }) => ({
    problem: `${user} uses a ${dtype} tensor of shape [${shape}] that was made outside of the traced function${at(location)}; its values would be frozen into the graph.`,
    remedy:
      'Pass it in as an input. If it is constant, make it inside the function (tf.tensor of its values). A tf.Variable can be state: compile with { variables: true }.',
  }),
  'computed-variable': ({ name, location }) => ({
    problem: `The first value of the variable "${name}" is computed in the traced function${at(location)}.`,
    remedy: 'Make the variable outside of the function, or of zeros, ones or another constant.',
  }),
  'random-while-tracing': ({ source, location }) => ({
    problem: `${source} gives other numbers each time; it was asked for some while the function was traced${at(location)}, and every run would see the same ones.`,
    remedy: 'Take them outside and pass them in as an input, or give the op a seed if they may be the same.',
  }),
  'nested-trace': () => ({
    problem: 'A function cannot be traced inside of a function that is being traced.',
    remedy: 'Call the inner function instead.',
  }),
  'async-function': ({ path }) => ({
    problem: `The function returned a promise${path === '' ? '' : ` as "${path}"`}.`,
    remedy: 'Only synchronous functions can be traced: leave out async and the ops that return promises.',
  }),
  'invalid-result': ({ path, found }) => ({
    problem: `The function returned ${found}${path === '' ? '' : ` as "${path}"`}.`,
    remedy: 'Return a nested record of tensors, as in { y }.',
  }),
  'invalid-tree': ({ what, path, found }) => ({
    problem: `${what}${path === '' ? '' : ` at "${path}"`} is ${found}.`,
    remedy: 'Give a nested record of arrays, or of shapes and types.',
  }),
  'invalid-array': ({ role, name, found, expected }) => ({
    problem: `The ${role} "${name}" is ${found}, but must be ${expected}.`,
  }),
  'missing-input': ({ name, known }) => ({
    problem: `The input "${name}" is missing.`,
    remedy: `The function takes ${list(known)}.`,
  }),
  'unknown-array': ({ role, name, known }) => ({
    problem: `The function has no ${role} "${name}".`,
    remedy: `It has ${list(known)}.`,
  }),
  'unwritten-state': ({ name }) => ({
    problem: `Nothing was written to the state "${name}".`,
    remedy: `Call runtime.write first, or leave "${name.split('/')[0]}" out of the option state.`,
  }),
  'lost-state': ({ name, problem }) => ({
    problem: `The state "${name}" was lost when a run failed while it was being written: ${problem}`,
    remedy: 'Write it again.',
  }),
  'invalid-option': ({ option, value, expected }) => ({
    problem: `${option} is ${JSON.stringify(value)}, but must be ${expected}.`,
  }),
  'missing-package': ({ package: name, neededBy }) => ({
    problem: `${neededBy} needs the package ${name}, which is not installed.`,
    remedy: `Run: npm install ${name}`,
  }),
  'package-does-not-load': ({ package: name, problem }) => ({
    problem: `The package ${name} is installed but does not load: ${problem}`,
    remedy: 'Install it again, for the present version of Node.',
  }),
  'missing-provider': ({ provider, needs, problem }) => ({
    problem: `The provider "${provider}" is not available here${problem === undefined ? '' : ` (ONNX Runtime: ${problem})`}. It needs ${needs}.`,
    remedy: `Install what it needs, or leave "${provider}" out of the providers.`,
  }),
  'device-lost': ({ device, problem }) => ({
    problem: `The ${device} device was lost: ${problem}`,
    remedy: 'Create a new runtime and write the state again.',
  }),
  'runtime-failed': ({ doing, problem }) => ({ problem: `ONNX Runtime failed while ${doing}: ${problem}` }),
  disposed: ({ what }) => ({ problem: `This ${what} was disposed of.`, remedy: 'Create a new one.' }),
})
export type CompilerError = ErrorOf<typeof CompilerError>

function at(location: Location): string {
  return location === undefined ? '' : ` (at ${location})`
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.map(name => `"${name}"`).join(', ')
}
