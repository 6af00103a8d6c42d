// The entry for bundles that run in browsers: nothing here reaches a module of Node.
export { compile } from './browser-compile.ts'
export * from './common.ts'
export { createRuntime } from './runtime/web-runtime.ts'
