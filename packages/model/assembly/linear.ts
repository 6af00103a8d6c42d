import { multiplyAdd } from './vectors'

/**
 * y = x W + bias for each row, or y += with `add`. W lies in panels of 16 columns, `[outputs / 16][inputs][16]`, so
 * that it is read from one end to the other.
 */
export function linear(
  x: usize,
  weight: usize,
  bias: usize,
  y: usize,
  rows: i32,
  inputs: i32,
  xStride: i32,
  outputs: i32,
  add: bool,
): void {
  const panelBytes = inputs * 64
  const xBytes = xStride * 4
  const yBytes = outputs * 4
  let column = 0
  if (rows == 1) {
    for (; column + 32 <= outputs; column += 32) {
      twoPanels(x, weight, panelBytes, bias + column * 4, y + column * 4, inputs, add)
      weight += 2 * panelBytes
    }
  }
  for (; column < outputs; column += 16) {
    const b = bias + column * 4
    let from = x
    let to = y + column * 4
    let row = 0
    for (; row + 2 <= rows; row += 2) {
      twoRows(from, xBytes, weight, b, to, yBytes, inputs, add)
      from += 2 * xBytes
      to += 2 * yBytes
    }
    if (row < rows) oneRow(from, weight, b, to, inputs, add)
    weight += panelBytes
  }
}

// Eight sums at a time, in these two, are what hides the latency of a multiplication and addition.

function twoPanels(x: usize, w: usize, panelBytes: i32, bias: usize, y: usize, inputs: i32, add: bool): void {
  let a0 = v128.load(bias)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 48)
  let b0 = v128.load(bias, 64)
  let b1 = v128.load(bias, 80)
  let b2 = v128.load(bias, 96)
  let b3 = v128.load(bias, 112)
  let u = w + panelBytes
  for (const end = x + inputs * 4; x < end; x += 4) {
    const s = v128.load_splat<f32>(x)
    a0 = multiplyAdd(s, v128.load(w), a0)
    a1 = multiplyAdd(s, v128.load(w, 16), a1)
    a2 = multiplyAdd(s, v128.load(w, 32), a2)
    a3 = multiplyAdd(s, v128.load(w, 48), a3)
    b0 = multiplyAdd(s, v128.load(u), b0)
    b1 = multiplyAdd(s, v128.load(u, 16), b1)
    b2 = multiplyAdd(s, v128.load(u, 32), b2)
    b3 = multiplyAdd(s, v128.load(u, 48), b3)
    w += 64
    u += 64
  }
  put(y, a0, a1, a2, a3, add)
  put(y + 64, b0, b1, b2, b3, add)
}

function twoRows(x: usize, xBytes: i32, w: usize, bias: usize, y: usize, yBytes: i32, inputs: i32, add: bool): void {
  let a0 = v128.load(bias)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 48)
  let b0 = a0
  let b1 = a1
  let b2 = a2
  let b3 = a3
  let z = x + xBytes
  for (const end = x + inputs * 4; x < end; x += 4) {
    const s = v128.load_splat<f32>(x)
    const t = v128.load_splat<f32>(z)
    let column = v128.load(w)
    a0 = multiplyAdd(s, column, a0)
    b0 = multiplyAdd(t, column, b0)
    column = v128.load(w, 16)
    a1 = multiplyAdd(s, column, a1)
    b1 = multiplyAdd(t, column, b1)
    column = v128.load(w, 32)
    a2 = multiplyAdd(s, column, a2)
    b2 = multiplyAdd(t, column, b2)
    column = v128.load(w, 48)
    a3 = multiplyAdd(s, column, a3)
    b3 = multiplyAdd(t, column, b3)
    z += 4
    w += 64
  }
  put(y, a0, a1, a2, a3, add)
  put(y + yBytes, b0, b1, b2, b3, add)
}

function oneRow(x: usize, w: usize, bias: usize, y: usize, inputs: i32, add: bool): void {
  let a0 = v128.load(bias)
  let a1 = v128.load(bias, 16)
  let a2 = v128.load(bias, 32)
  let a3 = v128.load(bias, 48)
  for (const end = x + inputs * 4; x < end; x += 4) {
    const s = v128.load_splat<f32>(x)
    a0 = multiplyAdd(s, v128.load(w), a0)
    a1 = multiplyAdd(s, v128.load(w, 16), a1)
    a2 = multiplyAdd(s, v128.load(w, 32), a2)
    a3 = multiplyAdd(s, v128.load(w, 48), a3)
    w += 64
  }
  put(y, a0, a1, a2, a3, add)
}

// @ts-ignore: decorator
@inline
function put(y: usize, a0: v128, a1: v128, a2: v128, a3: v128, add: bool): void {
  if (add) {
    a0 = f32x4.add(a0, v128.load(y))
    a1 = f32x4.add(a1, v128.load(y, 16))
    a2 = f32x4.add(a2, v128.load(y, 32))
    a3 = f32x4.add(a3, v128.load(y, 48))
  }
  v128.store(y, a0)
  v128.store(y, a1, 16)
  v128.store(y, a2, 32)
  v128.store(y, a3, 48)
}
