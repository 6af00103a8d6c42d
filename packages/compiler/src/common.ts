// What the entry for Node and the one for browsers share.
export { CompilerError, type CompilerErrorCode, type CompilerErrorDetails } from './errors.ts'
export type {
  Attribute,
  Attributes,
  ConstantData,
  ElementType,
  Graph,
  GraphNode,
  NamedValue,
  Value,
} from './graph/graph.ts'
export { writeOnnx } from './graph/onnx-writer.ts'
export { type OptimizeOptions, optimize } from './passes/optimize.ts'
export type { WasmFiles } from './runtime/messages.ts'
export { type ProfileRow, profileByOperation } from './runtime/profile.ts'
export type {
  Compiled,
  CompileOptions,
  RunOptions,
  Runtime,
  RuntimeOptions,
  WriteOptions,
} from './runtime/runtime.ts'
export { seededDropout, seededNormal, seededUniform } from './seeded-random.ts'
export { type Trace, type TraceOptions, traceFunction } from './trace/trace-function.ts'
export type { TracedVariable } from './trace/traced-variables.ts'
export type { DataOf, DataTree, Leaf, SpecsOf, TensorData, TensorSpec, TensorTree } from './tree.ts'
