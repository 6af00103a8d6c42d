import type { Compiled, Runtime } from './runtime/runtime.ts'
import type { SpecsOf } from './tree.ts'

/** Compiles a function with a runtime that nothing else uses: disposing of the function disposes of the runtime. */
export async function compileAlone<I extends object, O extends object>(
  runtime: Runtime,
  fn: (inputs: I) => O,
  example: SpecsOf<I>,
): Promise<Compiled<I, O>> {
  try {
    const compiled = await runtime.compile(fn, example)
    return { ...compiled, dispose: () => runtime.dispose() }
  } catch (error) {
    await runtime.dispose()
    throw error
  }
}
