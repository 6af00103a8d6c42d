import { compileAlone } from './compile-alone.ts'
import { createRuntime } from './runtime/create-runtime.ts'
import type { Compiled, RuntimeOptions } from './runtime/runtime.ts'
import type { SpecsOf, TensorTree } from './tree.ts'

/**
 * Compiles one function with a runtime of its own, which goes when the function is disposed of. Functions that share
 * state, or threads, are compiled by one `createRuntime` instead.
 *
 * @param fn a pure, synchronous function from a nested record of tensors to another
 * @param example a tensor, or a shape and type, for each input
 * @throws CompilerError as `traceFunction` and `createRuntime` do
 */
export async function compile<I extends object = TensorTree, O extends object = TensorTree>(
  fn: (inputs: I) => O,
  example: SpecsOf<I>,
  options: RuntimeOptions = {},
): Promise<Compiled<I, O>> {
  return compileAlone(await createRuntime(options), fn, example)
}
