export * from './common.ts'
export { compile } from './compile.ts'
export { createRuntime } from './runtime/create-runtime.ts'
