import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, expand, filled, reshape, transpose } from '../../graph/operations.ts'
import { sizeOf } from '../../tree.ts'
import { translate } from '../kernel.ts'

/** No place of any tensor, from whichever end it is counted. */
const OUTSIDE = -(2 ** 31)

/** Kernels that pick, place or add up elements by index. */
export function translateIndexing(): void {
  translate<tf.GatherV2Attrs>(tf.GatherV2, ({ graph, input, attrs }) => {
    const x = input('x')
    const axis = tf.util.parseAxisParam(attrs.axis, [...x.shape])[0]!
    return gather(graph, x, cast(graph, input('indices'), 'int32'), axis, attrs.batchDims ?? 0)
  })
  translate(tf.GatherNd, ({ graph, input }) => {
    const [params, indices] = [input('params'), input('indices')]
    const depth = indices.shape.at(-1)!
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)]
    // By the place of each row, as tfjs does: a tuple with a place outside is no error if the row exists.
    const { rows, ids } = placesOf(graph, params.shape, indices)
    return reshape(graph, gather(graph, reshape(graph, params, rows), ids, 0, 0), shape)
  })
  translate<tf.UnsortedSegmentSumAttrs>(tf.UnsortedSegmentSum, ({ graph, input, attrs: { numSegments } }) => {
    const [x, ids] = [input('x'), input('segmentIds')]
    return addRows(graph, filled(graph, 0, x.type, [numSegments, ...x.shape.slice(1)]), ids, x)
  })
  translate<tf.BincountAttrs>(tf.Bincount, ({ graph, input, attrs: { size } }) => {
    const [x, weights] = [input('x'), input('weights')]
    const counted = sizeOf(weights.shape) > 0 ? weights : filled(graph, 1, weights.type, x.shape)
    const zeros = filled(graph, 0, weights.type, [size])
    return addRows(graph, zeros, fromZero(graph, x), counted, 'refuse')
  })
  translate<tf.DenseBincountAttrs>(tf.DenseBincount, ({ graph, input, attrs: { size, binaryOutput } }) => {
    const [x, weights] = [input('x'), input('weights')]
    const rows = x.shape.length === 2 ? x.shape[0]! : 1
    const count = sizeOf(x.shape)
    const ids = fromZero(graph, reshape(graph, cast(graph, x, 'int32'), [rows, count / rows]))
    const starts = graph.constant(
      Int32Array.from({ length: rows }, (_, i) => i * size),
      'int32',
      [rows, 1],
    )
    // What is past the end is not counted, nor in the next row.
    const inside = binary(graph, 'Less', ids, graph.scalar(size, 'int32'), 'bool')
    const places = binary(graph, 'Add', ids, starts)
    const safe = graph.node('Where', [inside, places, graph.scalar(rows * size, 'int32')], places)
    const weighted = sizeOf(weights.shape) > 0 && !(binaryOutput && x.shape.length === 2)
    const counted = weighted ? reshape(graph, weights, [count]) : filled(graph, 1, weights.type, [count])
    const zeros = filled(graph, 0, weights.type, [rows * size])
    const sums = addRows(graph, zeros, reshape(graph, safe, [count]), counted, 'refuse')
    const limited =
      binaryOutput && x.shape.length === 2 ? binary(graph, 'Min', sums, graph.scalar(1, sums.type)) : sums
    return reshape(graph, limited, x.shape.length === 2 ? [rows, size] : [size])
  })
  translate<tf.ScatterNdAttrs>(tf.ScatterNd, ({ graph, input, attrs: { shape } }) => {
    const [indices, updates] = [input('indices'), input('updates')]
    const { rows, ids, flat } = flatRows(graph, shape, indices, updates)
    const zeros = filled(graph, 0, updates.type, rows)
    return reshape(graph, scatterRows(graph, zeros, ids, flat, 'add'), shape)
  })
  translate(tf.TensorScatterUpdate, ({ graph, input }) => {
    const [tensor, indices, updates] = [input('tensor'), input('indices'), input('updates')]
    const { rows, ids, flat } = flatRows(graph, tensor.shape, indices, updates)
    if (rows[1] === 1) {
      // Single elements: ORT writes them into the operand itself where nothing else needs it.
      const [n, count] = [sizeOf(tensor.shape), ids.shape[0]!]
      const target = reshape(graph, tensor, [n])
      return reshape(
        graph,
        graph.node('ScatterElements', [target, ids, reshape(graph, flat, [count])], target, {
          attributes: { axis: { int: 0 } },
        }),
        tensor.shape,
      )
    }
    // Whole rows at once; only with a reduction does ScatterND lose updates.
    const column = reshape(graph, cast(graph, ids, 'int64'), [ids.shape[0]!, 1])
    const target = reshape(graph, tensor, rows)
    return reshape(graph, graph.node('ScatterND', [target, column, flat], target), tensor.shape)
  })
  translate<tf.OneHotAttrs>(tf.OneHot, ({ graph, input, attrs: { depth, onValue, offValue, dtype } }) => {
    // ORT has no OneHot for int32; comparing with 0, 1, 2, … is as good.
    const indices = input('indices')
    const classes = graph.constant(
      Int32Array.from({ length: depth }, (_, i) => i),
      'int32',
      [depth],
    )
    const chosen = binary(graph, 'Equal', reshape(graph, indices, [...indices.shape, 1]), classes, 'bool')
    const type = dtype === 'int32' || dtype === 'bool' ? dtype : 'float32'
    if (onValue === 1 && offValue === 0) return cast(graph, chosen, type)
    return graph.node('Where', [chosen, graph.scalar(onValue, type), graph.scalar(offValue, type)], {
      ...chosen,
      type,
    })
  })
}

/**
 * Places counted from 0. ONNX counts negative ones from the end; in tfjs they are errors, and so -2^31, which is outside of
 * every tensor, takes their place. `end` makes those errors that are not below it, for places in one part of a tensor.
 */
export function fromZero(graph: GraphBuilder, indices: Value, end?: number): Value {
  const inside = (i: number | bigint): boolean => i >= 0 && (end === undefined || i < end)
  if (indices.constant?.every(inside)) return indices
  const outside = graph.scalar(OUTSIDE, 'int32')
  const isBelow = binary(graph, 'Less', indices, graph.scalar(0, 'int32'), 'bool')
  const isOutside =
    end === undefined
      ? isBelow
      : binary(
          graph,
          'Or',
          isBelow,
          binary(graph, 'GreaterOrEqual', indices, graph.scalar(end, 'int32'), 'bool'),
        )
  return graph.node('Where', [isOutside, outside, indices], indices)
}

function gather(graph: GraphBuilder, x: Value, indices: Value, axis: number, batchDims: number): Value {
  if (batchDims === 0) {
    const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
    return graph.node(
      'Gather',
      [x, fromZero(graph, indices)],
      { type: x.type, shape },
      { attributes: { axis: { int: axis } } },
    )
  }
  // x [batch, outer, n, inner] -> rows [batch * n, outer, inner]; each batch's indices start at its own n rows.
  const batch = sizeOf(x.shape.slice(0, batchDims))
  const outerShape = x.shape.slice(batchDims, axis)
  const innerShape = x.shape.slice(axis + 1)
  const n = x.shape[axis]!
  const [outer, inner] = [sizeOf(outerShape), sizeOf(innerShape)]
  const picked = indices.shape.slice(batchDims)
  const count = sizeOf(picked)
  const rows = transpose(graph, reshape(graph, x, [batch, outer, n, inner]), [0, 2, 1, 3])
  const starts = graph.constant(
    Int32Array.from({ length: batch }, (_, i) => i * n),
    'int32',
    [batch, 1],
  )
  const checked = fromZero(graph, reshape(graph, indices, [batch, count]), n)
  const offset = binary(graph, 'Add', checked, starts)
  const gathered = gather(graph, reshape(graph, rows, [batch * n, outer, inner]), offset, 0, 0)
  const ordered = transpose(graph, gathered, [0, 2, 1, 3])
  return reshape(graph, ordered, [...x.shape.slice(0, batchDims), ...outerShape, ...picked, ...innerShape])
}

/**
 * Adds row i of `updates` [n, ...] to row ids[i] of `target` [rows, ...]; an id past the end drops its row, and so does a
 * negative one unless those are refused. Made of ScatterElements, whose sum is exact: ScatterND with reduction `add` loses updates of duplicate
 * indices on several threads.
 */
export function addRows(
  graph: GraphBuilder,
  target: Value,
  ids: Value,
  updates: Value,
  negative: 'drop' | 'refuse' = 'drop',
): Value {
  const rows = graph.scalar(target.shape[0]!, 'int32')
  const zero = graph.scalar(0, 'int32')
  const isBelow = binary(graph, 'Less', ids, rows, 'bool')
  const kept =
    negative === 'refuse'
      ? isBelow
      : binary(graph, 'And', binary(graph, 'GreaterOrEqual', ids, zero, 'bool'), isBelow)
  const safe = graph.node('Where', [kept, ids, zero], ids)
  const column = reshape(graph, kept, [ids.shape[0]!, ...updates.shape.slice(1).map(() => 1)])
  const counted = graph.node('Where', [column, updates, graph.scalar(0, updates.type)], updates)
  return scatterRows(graph, target, safe, counted, 'add')
}

/** ScatterElements over whole rows: as `target[ids[i]] = updates[i]`, or `+=` with reduction `add`. */
function scatterRows(
  graph: GraphBuilder,
  target: Value,
  ids: Value,
  updates: Value,
  reduction = 'none',
): Value {
  const column = reshape(graph, cast(graph, ids, 'int64'), [
    ids.shape[0]!,
    ...updates.shape.slice(1).map(() => 1),
  ])
  const everywhere = expand(graph, column, updates.shape)
  const attributes = { axis: { int: 0 }, reduction: { string: reduction } }
  return graph.node('ScatterElements', [target, everywhere, updates], target, { attributes })
}

/** Index tuples [..., k] into `shape` as row numbers of a table [shape[0] * … * shape[k - 1], inner], and its updates. */
export function flatRows(
  graph: GraphBuilder,
  shape: readonly number[],
  indices: Value,
  updates: Value,
): { rows: number[]; ids: Value; flat: Value } {
  const { rows, ids } = placesOf(graph, shape, indices)
  return { rows, ids: fromZero(graph, ids), flat: reshape(graph, updates, [ids.shape[0]!, rows[1]!]) }
}

function placesOf(
  graph: GraphBuilder,
  shape: readonly number[],
  indices: Value,
): { rows: [number, number]; ids: Value } {
  const depth = indices.shape.length === 1 ? 1 : indices.shape.at(-1)!
  const count = sizeOf(indices.shape) / depth
  const outer = shape.slice(0, depth)
  const inner = sizeOf(shape.slice(depth))
  const strides = outer.map((_, i) => sizeOf(outer.slice(i + 1)))
  const tuples = reshape(graph, cast(graph, indices, 'int32'), [count, depth])
  const steps = graph.constant(Int32Array.from(strides), 'int32', [depth])
  const ids =
    depth === 1
      ? reshape(graph, tuples, [count])
      : graph.node(
          'ReduceSum',
          [binary(graph, 'Mul', tuples, steps), graph.ints([1])],
          { type: 'int32', shape: [count] },
          { attributes: { keepdims: { int: 0 } } },
        )
  return { rows: [sizeOf(outer), inner], ids }
}
