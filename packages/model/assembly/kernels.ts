/*
 * Kernels of text generation, in AssemblyScript. `npm run build:kernels -w @tinystories/model` compiles them into
 * `src/packed/kernel-bytes.ts`.
 *
 * Everything is float32 and every pointer counts bytes. A row of n numbers takes n rounded up to 16, the rest is 0, so
 * that no loop has a remainder; sizes named `inputs` and `size` are without that, strides and `outputs` with it. What is
 * computed for a row never depends on the rows beside it, to the last bit.
 *
 * `@ts-ignore` stands before `@inline` because editors take this for TypeScript, which has no decorators of functions.
 */

/** y = token + position. */
export function embed(token: usize, position: usize, y: usize, stride: i32): void {
  for (let i = 0; i < stride * 4; i += 16) {
    v128.store(y + i, f32x4.add(v128.load(token + i), v128.load(position + i)))
  }
}

/** y = x / sqrt(mean(x²) + epsilon) for each row. */
export function normalize(x: usize, y: usize, rows: i32, size: i32, stride: i32, epsilon: f32): void {
  const bytes = stride * 4
  for (let row = 0; row < rows; row++) {
    let squares = f32x4.splat(0)
    for (let i = 0; i < bytes; i += 16) {
      const v = v128.load(x + i)
      squares = multiplyAdd(v, v, squares)
    }
    const scale = f32x4.splat(1 / sqrt<f32>(sumOfLanes(squares) / <f32>size + epsilon))
    for (let i = 0; i < bytes; i += 16) v128.store(y + i, f32x4.mul(v128.load(x + i), scale))
    x += bytes
    y += bytes
  }
}

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

/** GELU in its tanh form, in place: x / (1 + e^(-2u)) with u = sqrt(2 / π) (x + 0.044715 x³). */
export function gelu(x: usize, count: i32): void {
  const one = f32x4.splat(1)
  for (const end = x + count * 4; x < end; x += 16) {
    const v = v128.load(x)
    const cubic = multiplyAdd(f32x4.mul(v, v), f32x4.splat(0.044715), one)
    const minus2u = f32x4.mul(f32x4.mul(v, cubic), f32x4.splat(-1.5957691216057308))
    v128.store(x, f32x4.div(v, f32x4.add(one, exp(f32x4.min(minus2u, f32x4.splat(87))))))
  }
}

/**
 * Attention of one token to the `window` newest tokens, itself among them, after storing its key and value. The
 * queries are scaled already. A batch is bound by reading keys and values, so both lie in the order of the tokens and
 * are read from one end to the other, all heads at a time.
 *
 * @param qkv queries, keys and values of all heads side by side
 * @param keys `[capacity / 8][heads][headSize][8]`, so that eight scores are computed at once
 * @param values `[capacity][heads][headSize rounded up to 4]`
 * @param scores room for `heads` times `capacity` numbers, which lie as keys do: `[capacity / 8][heads][8]`
 * @param y what the heads read, `[heads][headSize rounded up to 4]`
 */
export function attend(
  qkv: usize,
  keys: usize,
  values: usize,
  scores: usize,
  y: usize,
  heads: i32,
  headSize: i32,
  position: i32,
  window: i32,
): void {
  const headBytes = headSize * 4
  const widthBytes = ((headSize + 3) & ~3) * 4
  const hiddenBytes = heads * headBytes
  const valueBytes = heads * widthBytes
  const blockBytes = heads * 32
  const count = position + 1
  const start = max(0, count - window)
  const first = start & ~7

  let key = keys + (position >> 3) * 8 * hiddenBytes + (position & 7) * 4
  for (let i = 0; i < hiddenBytes; i += 4) {
    store<f32>(key, load<f32>(qkv + hiddenBytes + i))
    key += 32
  }
  let value = values + position * valueBytes
  for (let head = 0; head < heads; head++) {
    const from = qkv + 2 * hiddenBytes + head * headBytes
    for (let i = 0; i < headBytes; i += 4) store<f32>(value + i, load<f32>(from + i))
    value += widthBytes
  }

  key = keys + first * hiddenBytes
  let to = scores
  for (let t = first; t < count; t += 8) {
    let query = qkv
    for (let head = 0; head < heads; head++) {
      let low = f32x4.splat(0)
      let high = f32x4.splat(0)
      for (const end = query + headBytes; query < end; query += 4) {
        const q = v128.load_splat<f32>(query)
        low = multiplyAdd(q, v128.load(key), low)
        high = multiplyAdd(q, v128.load(key, 16), high)
        key += 32
      }
      v128.store(to, low)
      v128.store(to, high, 16)
      to += 32
    }
  }
  const end = (count - first + 7) >> 3
  for (let head = 0; head < heads; head++) {
    softmax(scores + head * 32, blockBytes, end, start - first, count - first)
  }

  for (let i = 0; i < valueBytes; i += 16) v128.store(y + i, f32x4.splat(0))
  // Shares outside of the window are 0, so that whole blocks can be taken.
  value = values + first * valueBytes
  let share = scores
  for (let t = first; t < count; t += 8) {
    for (let i = 0; i < valueBytes; share += 32) {
      const a = v128.load_splat<f32>(share)
      const b = v128.load_splat<f32>(share, 4)
      const c = v128.load_splat<f32>(share, 8)
      const d = v128.load_splat<f32>(share, 12)
      const e = v128.load_splat<f32>(share, 16)
      const f = v128.load_splat<f32>(share, 20)
      const g = v128.load_splat<f32>(share, 24)
      const h = v128.load_splat<f32>(share, 28)
      for (const next = i + widthBytes; i < next; i += 16) {
        let at = value + i
        let even = f32x4.mul(a, v128.load(at))
        at += valueBytes
        let odd = f32x4.mul(b, v128.load(at))
        at += valueBytes
        even = multiplyAdd(c, v128.load(at), even)
        at += valueBytes
        odd = multiplyAdd(d, v128.load(at), odd)
        at += valueBytes
        even = multiplyAdd(e, v128.load(at), even)
        at += valueBytes
        odd = multiplyAdd(f, v128.load(at), odd)
        at += valueBytes
        even = multiplyAdd(g, v128.load(at), even)
        odd = multiplyAdd(h, v128.load(at + valueBytes), odd)
        v128.store(y + i, f32x4.add(v128.load(y + i), f32x4.add(even, odd)))
      }
    }
    value += 8 * valueBytes
  }
}

/** Makes shares of a head's scores from `start` to `count`, and of what else is in the blocks 0. */
function softmax(scores: usize, blockBytes: i32, blocks: i32, start: i32, count: i32): void {
  const last = scores + (blocks - 1) * blockBytes
  for (let t = 0; t < start; t++) store<f32>(scores + t * 4, -Infinity)
  for (let t = count & 7; t & 7; t++) store<f32>(last + t * 4, -Infinity)
  const end = last + blockBytes
  let most = f32x4.splat(-Infinity)
  for (let at = scores; at < end; at += blockBytes) {
    most = f32x4.pmax(most, f32x4.pmax(v128.load(at), v128.load(at, 16)))
  }
  most = f32x4.splat(largestLane(most))
  let low = f32x4.splat(0)
  let high = f32x4.splat(0)
  for (let at = scores; at < end; at += blockBytes) {
    const a = exp(f32x4.sub(v128.load(at), most))
    const b = exp(f32x4.sub(v128.load(at, 16), most))
    v128.store(at, a)
    v128.store(at, b, 16)
    low = f32x4.add(low, a)
    high = f32x4.add(high, b)
  }
  const scale = f32x4.splat(1 / sumOfLanes(f32x4.add(low, high)))
  for (let at = scores; at < end; at += blockBytes) {
    v128.store(at, f32x4.mul(v128.load(at), scale))
    v128.store(at, f32x4.mul(v128.load(at, 16), scale), 16)
  }
  for (let t = 0; t < start; t++) store<f32>(scores + t * 4, 0)
  for (let t = count & 7; t & 7; t++) store<f32>(last + t * 4, 0)
}

/** The place of the largest number, the first of equal ones; NaN is passed over, and -1 where nothing else is. */
export function largest(x: usize, count: i32): i32 {
  let a = f32x4.splat(-Infinity)
  let b = a
  let c = a
  let d = a
  for (let at = x; at < x + count * 4; at += 64) {
    a = f32x4.pmax(a, v128.load(at))
    b = f32x4.pmax(b, v128.load(at, 16))
    c = f32x4.pmax(c, v128.load(at, 32))
    d = f32x4.pmax(d, v128.load(at, 48))
  }
  const most = f32x4.splat(largestLane(f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d))))
  for (let i = 0; i < count; i += 4) {
    const found = i32x4.bitmask(f32x4.eq(v128.load(x + i * 4), most))
    if (found) return i + ctz(found)
  }
  return -1
}

/** y = e^((x - highest) rate). @returns its sum */
export function weigh(x: usize, y: usize, count: i32, highest: f32, rate: f32): f32 {
  const most = f32x4.splat(highest)
  const rates = f32x4.splat(rate)
  let even = f32x4.splat(0)
  let odd = f32x4.splat(0)
  for (let i = 0; i < count * 4; i += 32) {
    const a = exp(f32x4.mul(f32x4.sub(v128.load(x + i), most), rates))
    const b = exp(f32x4.mul(f32x4.sub(v128.load(x + i, 16), most), rates))
    v128.store(y + i, a)
    v128.store(y + i, b, 16)
    even = f32x4.add(even, a)
    odd = f32x4.add(odd, b)
  }
  return sumOfLanes(f32x4.add(even, odd))
}

/** The first place at which the running sum of the weights is above `target`; where rounding leaves none, the last weight's. */
export function draw(weights: usize, count: i32, target: f64): i32 {
  let before: f64 = 0
  let block = 0
  for (; block < count; block += 16) {
    const at = weights + block * 4
    const sums = f32x4.add(
      f32x4.add(v128.load(at), v128.load(at, 16)),
      f32x4.add(v128.load(at, 32), v128.load(at, 48)),
    )
    const after = before + <f64>sumOfLanes(sums)
    if (after > target) break
    before = after
  }
  for (let i = block; i < count; i++) {
    before += <f64>load<f32>(weights + i * 4)
    if (before > target) return i
  }
  let last = count - 1
  while (last > 0 && load<f32>(weights + last * 4) < LEAST_WEIGHT) last--
  return last
}

/** Writes the places of all weights of at least `least`, in rising order. @returns how many */
export function collect(weights: usize, count: i32, least: f32, places: usize): i32 {
  const border = f32x4.splat(least)
  let found = 0
  for (let i = 0; i < count; i += 4) {
    let mask = i32x4.bitmask(f32x4.ge(v128.load(weights + i * 4), border))
    while (mask) {
      store<i32>(places + found * 4, i + ctz(mask))
      found++
      mask &= mask - 1
    }
  }
  return found
}

/** What padding weighs: nothing, but for rounding. */
const LEAST_WEIGHT: f32 = 1e-37

// @ts-ignore: decorator
@inline
function largestLane(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  )
}

/** e^x within 4e-7 of itself between -5 and 5, for x up to 88; below -86 it stays at 2e-38. */
// @ts-ignore: decorator
@inline
function exp(x: v128): v128 {
  const y = f32x4.pmax(f32x4.mul(x, f32x4.splat(1.4426950408889634)), f32x4.splat(-125))
  // Of a float this large the last bits are the nearest whole number, n.
  const large = f32x4.splat(12582912)
  const shifted = f32x4.add(y, large)
  const r = f32x4.sub(y, f32x4.sub(shifted, large))
  // 2^r for |r| <= 1/2: least largest relative error of this degree, 8e-8.
  let p = f32x4.splat(0.001327646064053941)
  p = multiplyAdd(p, r, f32x4.splat(0.009675541243826608))
  p = multiplyAdd(p, r, f32x4.splat(0.055507133086135814))
  p = multiplyAdd(p, r, f32x4.splat(0.24022119726096203))
  p = multiplyAdd(p, r, f32x4.splat(0.6931469670432608))
  p = multiplyAdd(p, r, f32x4.splat(1.0000000716539892))
  // Times 2^n: n goes into the exponent.
  return i32x4.add(p, i32x4.shl(shifted, 23))
}

// @ts-ignore: decorator
@inline
function sumOfLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

/** a b + c, rounded twice: relaxed SIMD's fused form is no faster here and differs between machines. */
// @ts-ignore: decorator
@inline
function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c)
}
