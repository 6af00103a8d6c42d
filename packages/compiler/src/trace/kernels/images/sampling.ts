import * as tf from '@tensorflow/tfjs-core'
import type { Value } from '../../../graph/graph.ts'
import type { GraphBuilder } from '../../../graph/graph-builder.ts'
import { binary, cast, reshape, unary } from '../../../graph/operations.ts'
import { translate } from '../../kernel.ts'
import { slice } from '../shape.ts'

type Four = [number, number, number, number]

/** Kernels that take pixels at computed places. */
export function translateSampling(): void {
  translate(tf.FlipLeftRight, ({ graph, input }) => {
    const x = input('image')
    const [n, h, w, c] = x.shape as Four
    return slice(graph, x, [0, 0, w - 1, 0], [n, h, -w - 1, c], [1, 1, -1, 1])
  })
  translate<tf.RotateWithOffsetAttrs>(tf.RotateWithOffset, ({ graph, input, attrs }) => {
    const image = input('image')
    const [n, h, w, c] = image.shape as Four
    const [centerX, centerY] = tf.backend_util.getImageCenter(attrs.center, h, w)
    const [sin, cos] = [Math.sin(attrs.radians), Math.cos(attrs.radians)]
    const [places, inside] = [new Int32Array(h * w), new Uint8Array(h * w)]
    for (let i = 0; i < h * w; i++) {
      const [x, y] = [(i % w) - centerX, Math.floor(i / w) - centerY]
      const [column, row] = [Math.round(x * cos - y * sin + centerX), Math.round(x * sin + y * cos + centerY)]
      inside[i] = Number(column >= 0 && column < w && row >= 0 && row < h)
      if (inside[i]) places[i] = row * w + column
    }
    const flat = reshape(graph, image, [n, h * w, c])
    const picked = graph.node('Gather', [flat, graph.constant(places, 'int32', [h * w])], flat, {
      attributes: { axis: { int: 1 } },
    })
    const { fillValue } = attrs
    // A color has three values; the fourth channel is opacity.
    const fill = Float32Array.from({ length: c }, (_, i) =>
      typeof fillValue === 'number' ? fillValue : i === 3 ? 255 : fillValue[i]!,
    )
    const outside = cast(graph, graph.constant(fill, 'float32', [c]), image.type)
    const mask = graph.constant(inside, 'bool', [h * w, 1])
    return reshape(graph, graph.node('Where', [mask, picked, outside], flat), image.shape)
  })

  translate<tf.CropAndResizeAttrs>(tf.CropAndResize, ({ graph, input, attrs }) => {
    const { cropSize, method, extrapolationValue } = attrs
    const [image, boxes] = [cast(graph, input('image'), 'float32'), input('boxes')]
    const [n, height, width, c] = image.shape as Four
    const count = boxes.shape[0]!
    const arithmetic = arithmeticOf(graph)
    const { add, sub, mul, and, atMost } = arithmetic
    /** Where along an axis the pixels of each crop lie: [count, size]. */
    const places = (first: number, last: number, size: number, length: number): Value => {
      const edge = (i: number): Value => slice(graph, boxes, [0, i], [count, i + 1], [1, 1])
      const [from, to] = [edge(first), edge(last)]
      if (size === 1) return mul(add(from, to), graph.scalar(0.5 * (length - 1)))
      const steps = graph.constant(
        Float32Array.from({ length: size }, (_, i) => i),
        'float32',
        [1, size],
      )
      const step = binary(graph, 'Div', mul(sub(to, from), graph.scalar(length - 1)), graph.scalar(size - 1))
      return add(mul(from, graph.scalar(length - 1)), mul(steps, step))
    }
    const [ch, cw] = cropSize
    const y = reshape(graph, places(0, 2, ch, height), [count, ch, 1])
    const x = reshape(graph, places(1, 3, cw, width), [count, 1, cw])
    const box = reshape(graph, cast(graph, input('boxInd'), 'int32'), [count, 1, 1])
    const known = binary(graph, 'Less', box, graph.scalar(n, 'int32'), 'bool')
    const inRange = (v: Value, length: number): Value =>
      and(atMost(graph.scalar(0), v), atMost(v, graph.scalar(length - 1)))
    const inside = and(inRange(y, height), inRange(x, width))
    const safe = graph.node('Where', [known, box, graph.scalar(0, 'int32')], box)
    const read = (row: Value, column: Value): Value => pixels(graph, image, safe, row, column)
    let crop: Value
    if (method === 'nearest') {
      const half = graph.scalar(0.5)
      crop = read(unary(graph, 'Floor', add(y, half)), unary(graph, 'Floor', add(x, half)))
    } else {
      const [top, left] = [unary(graph, 'Floor', y), unary(graph, 'Floor', x)]
      const [bottom, right] = [unary(graph, 'Ceil', y), unary(graph, 'Ceil', x)]
      const between = (a: Value, b: Value, by: Value): Value => add(a, mul(sub(b, a), by))
      const [dx, dy] = [lastAxis(graph, sub(x, left)), lastAxis(graph, sub(y, top))]
      const upper = between(read(top, left), read(top, right), dx)
      crop = between(upper, between(read(bottom, left), read(bottom, right), dx), dy)
    }
    const filled = graph.node(
      'Where',
      [lastAxis(graph, inside), crop, graph.scalar(extrapolationValue)],
      crop,
    )
    // tfjs leaves the crops of images that there are not at 0.
    return graph.node('Where', [lastAxis(graph, known), filled, graph.scalar(0)], {
      type: 'float32',
      shape: [count, ch, cw, c],
    })
  })

  translate<tf.TransformAttrs>(tf.Transform, ({ graph, input, attrs }) => {
    const { interpolation, fillMode, fillValue, outputShape } = attrs
    const [image, transforms] = [input('image'), input('transforms')]
    const [n, height, width] = image.shape as Four
    const [outHeight, outWidth] = outputShape ?? [height, width]
    const { add, sub, mul, and, atMost } = arithmeticOf(graph)
    const count = transforms.shape[0]!
    const parameter = (i: number): Value =>
      reshape(graph, slice(graph, transforms, [0, i], [count, i + 1], [1, 1]), [count, 1, 1])
    const sequence = (length: number, shape: number[]): Value =>
      graph.constant(
        Float32Array.from({ length }, (_, i) => i),
        'float32',
        shape,
      )
    const [outX, outY] = [sequence(outWidth, [1, 1, outWidth]), sequence(outHeight, [1, outHeight, 1])]
    const line = (i: number, rest: Value): Value =>
      add(add(mul(parameter(i), outX), mul(parameter(i + 1), outY)), rest)
    const projection = line(6, graph.scalar(1))
    const finite = graph.node('Not', [binary(graph, 'Equal', projection, graph.scalar(0), 'bool')], {
      type: 'bool',
      shape: projection.shape,
    })
    const divisor = graph.node('Where', [finite, projection, graph.scalar(1)], projection)
    const at = (i: number, length: number): Value =>
      mapCoordinate(graph, binary(graph, 'Div', line(i, parameter(i + 2)), divisor), length, fillMode)
    const [x, y] = [at(0, width), at(3, height)]
    const batch = graph.constant(
      Int32Array.from({ length: n }, (_, i) => i),
      'int32',
      [n, 1, 1],
    )
    const fill = graph.scalar(fillValue, image.type)
    /** Pixels, or the fill value outside of the image. */
    const read = (row: Value, column: Value): Value => {
      const inRange = (v: Value, length: number): Value =>
        and(atMost(graph.scalar(0), v), atMost(v, graph.scalar(length - 1)))
      const inside = lastAxis(graph, and(inRange(row, height), inRange(column, width)))
      const picked = pixels(graph, image, batch, row, column)
      return graph.node('Where', [inside, picked, fill], picked)
    }
    const floor = (v: Value): Value => unary(graph, 'Floor', v)
    let made: Value
    if (interpolation === 'nearest') {
      made = read(floor(add(y, graph.scalar(0.5))), floor(add(x, graph.scalar(0.5))))
    } else {
      const [top, left] = [floor(y), floor(x)]
      const [bottom, right] = [add(top, graph.scalar(1)), add(left, graph.scalar(1))]
      const [dx, dy] = [lastAxis(graph, sub(x, left)), lastAxis(graph, sub(y, top))]
      const rest = (v: Value): Value => sub(graph.scalar(1), v)
      const row = (at: Value): Value => add(mul(rest(dx), read(at, left)), mul(dx, read(at, right)))
      made = add(mul(rest(dy), row(top)), mul(dy, row(bottom)))
    }
    return graph.node('Where', [lastAxis(graph, finite), made, fill], made)
  })
}

/** A coordinate outside of the image, mapped into it as the mode says. */
function mapCoordinate(graph: GraphBuilder, v: Value, length: number, mode: string): Value {
  if (mode === 'constant') return v
  const number = (value: number): Value => graph.scalar(value)
  const { add, sub, mul } = arithmeticOf(graph)
  const choose = (condition: Value, a: Value, b: Value): Value => graph.node('Where', [condition, a, b], v)
  const less = (a: Value, b: Value): Value => binary(graph, 'Less', a, b, 'bool')
  const whole = (a: Value, by: number): Value => unary(graph, 'Floor', binary(graph, 'Div', a, number(by)))
  const [zero, last] = [number(0), number(length - 1)]
  const negative = unary(graph, 'Neg', v)
  let mapped = v
  if (length > 1 && mode === 'reflect') {
    const period = 2 * length
    const raised = add(mul(whole(negative, period), number(period)), v)
    const low = choose(
      less(raised, number(-length)),
      add(raised, number(period)),
      sub(unary(graph, 'Neg', raised), number(1)),
    )
    const lowered = sub(v, mul(whole(v, period), number(period)))
    const high = choose(less(lowered, number(length)), lowered, sub(number(period - 1), lowered))
    mapped = choose(less(v, zero), low, choose(less(last, v), high, v))
  } else if (length > 1 && mode === 'wrap') {
    const low = add(v, mul(add(whole(negative, length - 1), number(1)), number(length)))
    const high = sub(v, mul(whole(v, length - 1), number(length)))
    mapped = choose(less(v, zero), low, choose(less(last, v), high, v))
  }
  return binary(graph, 'Min', binary(graph, 'Max', mapped, zero), last)
}

/** Pixels [..., channels] of images; batch, rows and columns broadcast, and are taken back into the images. */
function pixels(graph: GraphBuilder, image: Value, batch: Value, row: Value, column: Value): Value {
  const [n, h, w, c] = image.shape as Four
  const { add, mul } = arithmeticOf(graph)
  const whole = (v: Value, length: number): Value => {
    const bounded = binary(graph, 'Min', binary(graph, 'Max', v, graph.scalar(0)), graph.scalar(length - 1))
    return cast(graph, bounded, 'int32')
  }
  const rows = add(mul(batch, graph.scalar(h, 'int32')), whole(row, h))
  const places = add(mul(rows, graph.scalar(w, 'int32')), whole(column, w))
  return graph.node(
    'Gather',
    [reshape(graph, image, [n * h * w, c]), places],
    { type: image.type, shape: [...places.shape, c] },
    { attributes: { axis: { int: 0 } } },
  )
}

/** With an axis of length 1 for the channels. */
function lastAxis(graph: GraphBuilder, x: Value): Value {
  return reshape(graph, x, [...x.shape, 1])
}

function arithmeticOf(graph: GraphBuilder) {
  const of =
    (op: string, type?: 'bool') =>
    (a: Value, b: Value): Value =>
      binary(graph, op, a, b, type ?? a.type)
  return {
    add: of('Add'),
    sub: of('Sub'),
    mul: of('Mul'),
    and: of('And', 'bool'),
    atMost: of('LessOrEqual', 'bool'),
  }
}
