import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import type { GraphBuilder } from '../../graph/graph-builder.ts'
import { binary, cast, expand, filled, reshape, transpose } from '../../graph/operations.ts'
import { sizeOf } from '../../tree.ts'
import { translate } from '../kernel.ts'
import { elementTypeOf } from '../trace-backend.ts'

/** Kernels that move elements, and those that make tensors of numbers. */
export function translateShape(): void {
  translate<tf.ReshapeAttrs>(tf.Reshape, ({ graph, input, attrs }) =>
    reshape(graph, input('x'), tf.util.inferFromImplicitShape(attrs.shape, sizeOf(input('x').shape))),
  )
  translate<tf.ExpandDimsAttrs>(tf.ExpandDims, ({ graph, input, attrs }) => {
    const shape = [...input('input').shape]
    shape.splice(attrs.dim < 0 ? attrs.dim + shape.length + 1 : attrs.dim, 0, 1)
    return reshape(graph, input('input'), shape)
  })
  translate<tf.TransposeAttrs>(tf.Transpose, ({ graph, input, attrs }) =>
    transpose(graph, input('x'), attrs.perm),
  )
  translate<tf.BroadCastToAttrs>(tf.BroadcastTo, ({ graph, input, attrs }) =>
    expand(graph, input('x'), attrs.shape),
  )
  translate<tf.TileAttrs>(tf.Tile, ({ graph, input, attrs: { reps } }) => {
    const x = input('x')
    const shape = x.shape.map((size, i) => size * reps[i]!)
    // Repeating axes of length 1 is broadcasting, which other nodes can take in.
    if (x.shape.every((size, i) => size === 1 || reps[i] === 1)) return expand(graph, x, shape)
    return graph.node('Tile', [x, graph.ints(reps)], { type: x.type, shape })
  })
  translate<tf.ConcatAttrs>(tf.Concat, ({ graph, inputs, attrs }) => concat(graph, inputs(), attrs.axis))
  translate<tf.PackAttrs>(tf.Pack, ({ graph, inputs, attrs }) => {
    const values = inputs()
    const axis = attrs.axis < 0 ? attrs.axis + values[0]!.shape.length + 1 : attrs.axis
    const parts = values.map(value => reshape(graph, value, value.shape.toSpliced(axis, 0, 1)))
    return concat(graph, parts, axis)
  })
  translate<tf.UnpackAttrs>(tf.Unpack, ({ graph, input, attrs }) => {
    const x = input('value')
    const axis = attrs.axis < 0 ? attrs.axis + x.shape.length : attrs.axis
    const sizes = new Array<number>(x.shape[axis]!).fill(1)
    return split(graph, x, sizes, axis).map(part => reshape(graph, part, x.shape.toSpliced(axis, 1)))
  })
  translate<tf.SplitVAttrs>(tf.SplitV, ({ graph, input, attrs }) => {
    const x = input('x')
    const axis = tf.util.parseAxisParam(attrs.axis, [...x.shape])[0]!
    const like = { shape: [...x.shape] } as tf.Tensor
    return split(graph, x, tf.backend_util.prepareSplitSize(like, attrs.numOrSizeSplits, axis), axis)
  })
  translate<tf.SliceAttrs>(tf.Slice, ({ graph, input, attrs }) => {
    const x = input('x')
    const like = { shape: [...x.shape], rank: x.shape.length } as tf.Tensor
    const [begin, size] = tf.slice_util.parseSliceParams(like, attrs.begin, attrs.size) as [
      number[],
      number[],
    ]
    return slice(
      graph,
      x,
      begin,
      begin.map((start, i) => start + size[i]!),
      begin.map(() => 1),
    )
  })
  translate<tf.StridedSliceAttrs>(tf.StridedSlice, ({ graph, input, attrs }) => {
    const x = input('x')
    const { begin, end, strides, finalShape } = tf.slice_util.sliceInfo(
      [...x.shape],
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    )
    return reshape(graph, slice(graph, x, begin, end, strides), finalShape)
  })
  translate<tf.ReverseAttrs>(tf.Reverse, ({ graph, input, attrs }) => {
    const x = input('x')
    const dims = tf.util.parseAxisParam(attrs.dims, [...x.shape])
    if (dims.length === 0) return x
    const reversed = (i: number): boolean => dims.includes(i)
    return slice(
      graph,
      x,
      x.shape.map((size, i) => (reversed(i) ? size - 1 : 0)),
      // An end before the first element: -1 itself would count from the back.
      x.shape.map((size, i) => (reversed(i) ? -size - 1 : size)),
      x.shape.map((_, i) => (reversed(i) ? -1 : 1)),
    )
  })
  translate<tf.PadV2Attrs>(tf.PadV2, ({ graph, input, attrs: { paddings, constantValue } }) => {
    const x = input('x')
    if (paddings.every(([before, after]) => before === 0 && after === 0)) return x
    const number = x.type === 'bool' ? cast(graph, x, 'int32') : x
    const fill = graph.scalar(constantValue, number.type)
    return cast(graph, pad(graph, number, paddings, 'constant', fill), x.type)
  })
  translate<tf.MirrorPadAttrs>(tf.MirrorPad, ({ graph, input, attrs: { paddings, mode } }) => {
    if (mode === 'reflect') return pad(graph, input('x'), paddings, 'reflect', null)
    // ONNX has no mode that repeats the edge.
    return paddings.reduce((x, [before, after], axis) => {
      const size = x.shape[axis]!
      if (before === 0 && after === 0) return x
      const places = Int32Array.from({ length: before + size + after }, (_, i) => {
        const at = i - before
        return at < 0 ? -at - 1 : at >= size ? 2 * size - at - 1 : at
      })
      const shape = x.shape.with(axis, places.length)
      const attributes = { axis: { int: axis } }
      return graph.node(
        'Gather',
        [x, graph.constant(places, 'int32', [places.length])],
        { type: x.type, shape },
        { attributes },
      )
    }, input('x'))
  })

  // Not one of tfjs's: x, but not before the other inputs are computed. ONNX knows no order but that of dependence; a
  // choice of x that could have been the others' first element makes one that no optimizer removes.
  translate('After', ({ graph, inputs }) => {
    const [x, ...others] = inputs() as [Value, ...Value[]]
    const elements = others.map(other => {
      const steps = other.shape.map(() => 1)
      const first = slice(
        graph,
        other,
        steps.map(() => 0),
        steps,
        steps,
      )
      return reshape(graph, first, [])
    })
    const never = graph.constant(Uint8Array.of(0), 'bool', [])
    const sum = elements.reduce((a, b) => binary(graph, 'Add', a, b))
    return graph.node('Where', [never, sum, x], x)
  })

  translate<tf.FillAttrs>(tf.Fill, ({ graph, attrs }) => {
    const type = elementTypeOf(attrs.dtype ?? (typeof attrs.value === 'number' ? 'float32' : 'string'))
    return filled(graph, attrs.value as number, type, attrs.shape)
  })
  translate<tf.RangeAttrs>(tf.Range, ({ graph, attrs: { start, stop, step, dtype } }) => {
    const values = sequence(Math.max(0, Math.ceil((stop - start) / step)), i => start + i * step)
    return graph.constant(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), dtype, [
      values.length,
    ])
  })
  translate<tf.LinSpaceAttrs>(tf.LinSpace, ({ graph, attrs: { start, stop, num } }) => {
    const step = num > 1 ? (stop - start) / (num - 1) : 0
    return graph.constant(Float32Array.from(sequence(num, i => start + i * step)), 'float32', [num])
  })
  translate(tf.Diag, ({ graph, input }) => {
    const x = input('x')
    const n = sizeOf(x.shape)
    const eye = graph.constant(
      Uint8Array.from(sequence(n * n, i => Number(Math.floor(i / n) === i % n))),
      'bool',
      [n, n],
    )
    const zero = graph.scalar(0, x.type)
    const square = graph.node('Where', [eye, reshape(graph, x, [n]), zero], { type: x.type, shape: [n, n] })
    return reshape(graph, square, [...x.shape, ...x.shape])
  })
}

export function concat(graph: GraphBuilder, values: readonly Value[], axisOrNegative: number): Value {
  const first = values[0]!
  const axis = axisOrNegative < 0 ? axisOrNegative + first.shape.length : axisOrNegative
  const parts = values.filter(value => value.shape[axis] !== 0)
  if (parts.length === 1) return parts[0]!
  const shape = first.shape.with(
    axis,
    values.reduce((sum, value) => sum + value.shape[axis]!, 0),
  )
  return graph.node('Concat', parts, { type: first.type, shape }, { attributes: { axis: { int: axis } } })
}

function split(graph: GraphBuilder, x: Value, sizes: readonly number[], axis: number): readonly Value[] {
  if (sizes.length === 1) return [x]
  const specs = sizes.map(size => ({ type: x.type, shape: x.shape.with(axis, size) }))
  return graph.nodeWithOutputs('Split', [x, graph.ints(sizes)], specs, {
    attributes: { axis: { int: axis } },
  })
}

export function slice(
  graph: GraphBuilder,
  x: Value,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): Value {
  const axes = x.shape
    .map((_, i) => i)
    .filter(i => starts[i] !== 0 || ends[i] !== x.shape[i] || steps[i] !== 1)
  if (axes.length === 0) return x
  const shape = x.shape.map((_, i) => {
    // An end below -size stands for "before the first element".
    const end = ends[i]! < -x.shape[i]! ? -1 : ends[i]!
    return Math.max(0, Math.ceil((end - starts[i]!) / steps[i]!))
  })
  const pick = (values: readonly number[]): Value => graph.ints(axes.map(i => values[i]!))
  const end = ends.map((value, i) => (value === -1 && steps[i]! < 0 ? -x.shape[i]! - 1 : value))
  const inputs = [x, pick(starts), pick(end), graph.ints(axes)]
  if (axes.some(i => steps[i] !== 1)) inputs.push(pick(steps))
  return graph.node('Slice', inputs, { type: x.type, shape })
}

export function pad(
  graph: GraphBuilder,
  x: Value,
  paddings: readonly (readonly [number, number])[],
  mode: string,
  fill: Value | null,
): Value {
  const shape = x.shape.map((size, i) => size + paddings[i]![0] + paddings[i]![1])
  const amounts = graph.ints([...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)])
  const inputs = fill ? [x, amounts, fill] : [x, amounts]
  return graph.node('Pad', inputs, { type: x.type, shape }, { attributes: { mode: { string: mode } } })
}

function sequence(length: number, element: (index: number) => number): number[] {
  return Array.from({ length }, (_, i) => element(i))
}
