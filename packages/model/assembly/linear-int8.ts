/**
 * y = x W + bias for each row, or y += with `add`, with W in int8: `W[i][j] = scales[j] * weight`. Its columns lie in panels
 * of 16, in each of which two inputs stand side by side: `[outputs / 16][inputs / 2][16][2]`.
 *
 * Each row of x is rounded to int16, to as many steps as keep the sums within int32: at least 12 bits up to 4,096 inputs.
 * Sums are exact, so they are the same in any order.
 *
 * @param inputs a multiple of 2
 * @param scratch room for `rows * xStride` int16 and `rows` float32
 */
export function linearInt8(
  x: usize,
  weight: usize,
  scales: usize,
  bias: usize,
  y: usize,
  rows: i32,
  inputs: i32,
  xStride: i32,
  outputs: i32,
  add: bool,
  scratch: usize,
): void {
  const most = <f32>min(32767, 0x7fffffff / 127 / inputs)
  const factors = scratch + rows * xStride * 2
  for (let row = 0; row < rows; row++) {
    store<f32>(factors + row * 4, quantize(x + row * xStride * 4, scratch + row * xStride * 2, xStride, most))
  }
  const panelBytes = inputs * 16
  const qBytes = xStride * 2
  const yBytes = outputs * 4
  let column = 0
  if (rows == 1) {
    const factor = f32x4.splat(load<f32>(factors))
    for (; column + 32 <= outputs; column += 32) {
      const at = column * 4
      twoPanels(scratch, weight, panelBytes, scales + at, bias + at, y + at, inputs, factor, add)
      weight += 2 * panelBytes
    }
  }
  for (; column < outputs; column += 16) {
    const s = scales + column * 4
    const b = bias + column * 4
    let from = scratch
    let to = y + column * 4
    let row = 0
    for (; row + 2 <= rows; row += 2) {
      const factor = factors + row * 4
      twoRows(from, qBytes, weight, s, b, to, yBytes, inputs, factor, add)
      from += 2 * qBytes
      to += 2 * yBytes
    }
    if (row < rows) oneRow(from, weight, s, b, to, inputs, f32x4.splat(load<f32>(factors + row * 4)), add)
    weight += panelBytes
  }
}

/** Rounds to whole multiples of the largest magnitude over `most`. @returns what one step is worth; NaN of what is not finite */
function quantize(x: usize, q: usize, count: i32, most: f32): f32 {
  let largest = f32x4.splat(0)
  for (let i = 0; i < count * 4; i += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(x + i)))
  const magnitude = max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  )
  const rate = f32x4.splat(most / magnitude)
  // Of a row of zeros the rate is infinite and the products are NaN, which is rounded to 0.
  for (let i = 0; i < count * 4; i += 32) {
    const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + i), rate)))
    const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(x + i, 16), rate)))
    v128.store(q + (i >> 1), i16x8.narrow_i32x4_s(low, high))
  }
  return magnitude / most
}

// Eight sums at a time, in these two, as in linear.ts.

function twoPanels(
  q: usize,
  w: usize,
  panelBytes: i32,
  scales: usize,
  bias: usize,
  y: usize,
  inputs: i32,
  factor: v128,
  add: bool,
): void {
  let a0 = i32x4.splat(0)
  let a1 = a0
  let a2 = a0
  let a3 = a0
  let b0 = a0
  let b1 = a0
  let b2 = a0
  let b3 = a0
  let u = w + panelBytes
  for (const end = q + inputs * 2; q < end; q += 4) {
    const pair = v128.load_splat<i32>(q)
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w)))
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w, 8)))
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w, 16)))
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w, 24)))
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(u)))
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(u, 8)))
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(u, 16)))
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(u, 24)))
    w += 32
    u += 32
  }
  put(y, scales, bias, factor, a0, a1, a2, a3, add)
  put(y + 64, scales + 64, bias + 64, factor, b0, b1, b2, b3, add)
}

function twoRows(
  q: usize,
  qBytes: i32,
  w: usize,
  scales: usize,
  bias: usize,
  y: usize,
  yBytes: i32,
  inputs: i32,
  factors: usize,
  add: bool,
): void {
  let a0 = i32x4.splat(0)
  let a1 = a0
  let a2 = a0
  let a3 = a0
  let b0 = a0
  let b1 = a0
  let b2 = a0
  let b3 = a0
  let p = q + qBytes
  for (const end = q + inputs * 2; q < end; q += 4) {
    const one = v128.load_splat<i32>(q)
    const other = v128.load_splat<i32>(p)
    let columns = v128.load_ext<i8>(w)
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(one, columns))
    b0 = i32x4.add(b0, i32x4.dot_i16x8_s(other, columns))
    columns = v128.load_ext<i8>(w, 8)
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(one, columns))
    b1 = i32x4.add(b1, i32x4.dot_i16x8_s(other, columns))
    columns = v128.load_ext<i8>(w, 16)
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(one, columns))
    b2 = i32x4.add(b2, i32x4.dot_i16x8_s(other, columns))
    columns = v128.load_ext<i8>(w, 24)
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(one, columns))
    b3 = i32x4.add(b3, i32x4.dot_i16x8_s(other, columns))
    p += 4
    w += 32
  }
  put(y, scales, bias, f32x4.splat(load<f32>(factors)), a0, a1, a2, a3, add)
  put(y + yBytes, scales, bias, f32x4.splat(load<f32>(factors, 4)), b0, b1, b2, b3, add)
}

function oneRow(
  q: usize,
  w: usize,
  scales: usize,
  bias: usize,
  y: usize,
  inputs: i32,
  factor: v128,
  add: bool,
): void {
  let a0 = i32x4.splat(0)
  let a1 = a0
  let a2 = a0
  let a3 = a0
  for (const end = q + inputs * 2; q < end; q += 4) {
    const pair = v128.load_splat<i32>(q)
    a0 = i32x4.add(a0, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w)))
    a1 = i32x4.add(a1, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w, 8)))
    a2 = i32x4.add(a2, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w, 16)))
    a3 = i32x4.add(a3, i32x4.dot_i16x8_s(pair, v128.load_ext<i8>(w, 24)))
    w += 32
  }
  put(y, scales, bias, factor, a0, a1, a2, a3, add)
}

// @ts-ignore: decorator
@inline
function put(
  y: usize,
  scales: usize,
  bias: usize,
  factor: v128,
  a0: v128,
  a1: v128,
  a2: v128,
  a3: v128,
  add: bool,
): void {
  putFour(y, scales, bias, factor, a0, add)
  putFour(y + 16, scales + 16, bias + 16, factor, a1, add)
  putFour(y + 32, scales + 32, bias + 32, factor, a2, add)
  putFour(y + 48, scales + 48, bias + 48, factor, a3, add)
}

// @ts-ignore: decorator
@inline
function putFour(y: usize, scales: usize, bias: usize, factor: v128, sums: v128, add: bool): void {
  const scale = f32x4.mul(v128.load(scales), factor)
  let value = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(sums), scale), v128.load(bias))
  if (add) value = f32x4.add(value, v128.load(y))
  v128.store(y, value)
}
