import type { Tensor } from '@tensorflow/tfjs-core'
import { CompilerError } from './errors.ts'

/** Values of tensors outside of tfjs, row-major; booleans are bytes of 0 and 1. */
export type TensorData = Float32Array | Int32Array | Uint8Array

/** Shape and type of a tensor. A tfjs tensor is one, too. */
export interface TensorSpec {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32' | 'bool'
}

/** A nested record of tensors, as a traced function takes and gives them. */
export interface TensorTree {
  [key: string]: Tensor | TensorTree
}

/** The same records with a shape and type for each tensor. */
export type SpecsOf<T> = T extends Tensor ? TensorSpec | Tensor : { readonly [K in keyof T]: SpecsOf<T[K]> }

/** The same records with an array of values for each tensor. */
export type DataOf<T> = T extends Tensor ? TensorData : { [K in keyof T]: DataOf<T[K]> }

/** A nested record of arrays. */
export interface DataTree {
  [key: string]: TensorData | DataTree
}

/** A leaf of a nested record and the keys that lead to it. */
export interface Leaf<T> {
  readonly path: readonly string[]
  readonly value: T
}

/**
 * The leaves of a nested record in the order of its keys.
 * @param what names the record in errors
 * @throws CompilerError `invalid-tree` for a value that is neither a leaf nor a record
 */
export function leavesOf<T>(tree: unknown, isLeaf: (value: unknown) => value is T, what: string): Leaf<T>[] {
  const leaves: Leaf<T>[] = []
  const visit = (value: unknown, path: readonly string[]): void => {
    if (isLeaf(value)) {
      leaves.push({ path, value })
    } else if (isRecord(value)) {
      for (const [key, child] of Object.entries(value)) visit(child, [...path, key])
    } else {
      throw new CompilerError('invalid-tree', { what, path: pathName(path), found: describe(value) })
    }
  }
  visit(tree, [])
  return leaves
}

/** Puts leaves back into nested records. */
export function treeOf<T>(leaves: readonly Leaf<T>[]): Record<string, unknown> {
  const root: Record<string, unknown> = {}
  for (const { path, value } of leaves) {
    let record = root
    for (const key of path.slice(0, -1)) {
      if (!Object.hasOwn(record, key)) define(record, key, {})
      record = record[key] as Record<string, unknown>
    }
    define(record, path.at(-1)!, value)
  }
  return root
}

/** One name for a path: its keys joined by `/`, where a `/` inside a key becomes `~1` and `~` becomes `~0`. */
export function pathName(path: readonly string[]): string {
  return path.map(key => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
}

export function isTensorData(value: unknown): value is TensorData {
  return value instanceof Float32Array || value instanceof Int32Array || value instanceof Uint8Array
}

/**
 * The array itself if it owns its memory, a copy otherwise: sending a view to another thread sends all that it is a
 * view of, and ONNX Runtime refuses shared memory.
 */
export function compact(data: TensorData): TensorData {
  if (data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength) return data
  if (data instanceof Float32Array) return new Float32Array(data)
  return data instanceof Int32Array ? new Int32Array(data) : new Uint8Array(data)
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** What a value is, for an error message. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return value.constructor?.name ? `a ${value.constructor.name}` : 'an object'
  return `a ${typeof value}`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Plain assignment would run a setter for the key `__proto__`. */
function define(record: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(record, key, { value, enumerable: true, writable: true, configurable: true })
}
