import * as tf from '@tensorflow/tfjs-core'
import { addAt, define, float } from './define.ts'

/** Gradients of the kernels that only move elements about. */
export function registerShape(): void {
  define<tf.ReshapeAttrs>(tf.Reshape, {
    save: ['x'],
    gradient: (dy, [x]) => ({ x: () => tf.reshape(dy, x!.shape) }),
  })
  define<tf.ExpandDimsAttrs>(tf.ExpandDims, {
    save: ['input'],
    gradient: (dy, [input]) => ({ input: () => tf.reshape(dy, input!.shape) }),
  })
  define<tf.TransposeAttrs>(tf.Transpose, {
    gradient: (dy, _saved, { perm }) => ({ x: () => tf.transpose(dy, inverse(perm)) }),
  })
  define<tf.TileAttrs>(tf.Tile, {
    save: ['x'],
    gradient: (dy, [x], { reps }) => ({
      x: () => {
        // [r0, n0, r1, n1, …]: the copies lie along the even axes.
        const split = x!.shape.flatMap((size, i) => [reps[i]!, size])
        const copies = x!.shape.map((_, i) => 2 * i)
        return tf.sum(tf.reshape(dy, split), copies)
      },
    }),
  })
  define<tf.SliceAttrs>(tf.Slice, {
    save: ['x'],
    gradient: (dy, [x], attrs) => ({
      x: () => {
        const [begin] = tf.slice_util.parseSliceParams(x!, attrs.begin, attrs.size)
        const paddings = x!.shape.map((length, i): [number, number] => {
          const before = begin![i]!
          return [before, length - before - dy.shape[i]!]
        })
        return tf.pad(dy, paddings)
      },
    }),
  })
  define<tf.PadV2Attrs>(tf.PadV2, {
    save: ['x'],
    gradient: (dy, [x], { paddings }) => ({
      x: () =>
        tf.slice(
          dy,
          paddings.map(([before]) => before),
          x!.shape,
        ),
    }),
  })
  define<tf.ConcatAttrs>(tf.Concat, {
    saveAll: true,
    gradient: (dy, saved, attrs) => {
      const axis = tf.util.parseAxisParam(attrs.axis, saved[0]!.shape)[0]!
      const parts = tf.split(
        dy,
        saved.map(x => x.shape[axis]!),
        axis,
      )
      return Object.fromEntries(parts.map((part, i) => [i, () => part]))
    },
  })
  define<tf.SplitVAttrs>(tf.SplitV, {
    // An output that nothing uses brings zeros of its own type, which may be int32.
    gradients: (dys, _saved, { axis }) => ({ x: () => tf.concat(dys.map(float), axis) }),
  })
  define<tf.PackAttrs>(tf.Pack, {
    saveAll: true,
    gradient: (dy, saved, { axis }) => {
      const parts = tf.unstack(dy, axis)
      return Object.fromEntries(saved.map((_, i) => [i, () => parts[i]!]))
    },
  })
  define<tf.UnpackAttrs>(tf.Unpack, {
    gradients: (dys, _saved, { axis }) => ({ value: () => tf.stack(dys.map(float), axis) }),
  })
  define<tf.ReverseAttrs>(tf.Reverse, {
    gradient: (dy, _saved, { dims }) => ({ x: () => tf.reverse(dy, dims) }),
  })
  define<tf.StridedSliceAttrs>(tf.StridedSlice, {
    save: ['x'],
    gradient: (dy, [x], { begin, end, strides, ...masks }) => ({
      x: () => {
        // Where each element of the result came from, by slicing the elements' own numbers.
        const numbers = tf.reshape(tf.range(0, x!.size, 1, 'int32'), x!.shape)
        const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = masks
        const places = tf.stridedSlice(
          numbers,
          begin,
          end,
          strides,
          beginMask,
          endMask,
          ellipsisMask,
          newAxisMask,
          shrinkAxisMask,
        )
        return tf.reshape(addAt(dy, places, x!.size), x!.shape)
      },
    }),
  })
  define<tf.MirrorPadAttrs>(tf.MirrorPad, {
    save: ['x'],
    gradient: (dy, [x], { paddings, mode }) => ({
      x: () => {
        // tfjs's own keeps the middle alone; an element that was mirrored has the gradients of its images too.
        const numbers = tf.reshape(tf.range(0, x!.size, 1, 'int32'), x!.shape)
        return tf.reshape(addAt(dy, tf.mirrorPad(numbers, paddings, mode), x!.size), x!.shape)
      },
    }),
  })
  define(tf.Select, {
    save: ['condition'],
    gradient: (dy, [condition]) => ({
      condition: () => tf.zeros(condition!.shape),
      t: () => tf.where(condition!, dy, tf.zerosLike(dy)),
      e: () => tf.where(condition!, tf.zerosLike(dy), dy),
    }),
  })
}

/** The permutation that undoes `perm`. */
function inverse(perm: number[]): number[] {
  const undo = new Array<number>(perm.length)
  perm.forEach((from, to) => {
    undo[from] = to
  })
  return undo
}
