import { exp, largestLane, multiplyAdd, sumOfLanes } from './vectors'

/**
 * Attention of one token to the `window` newest tokens, itself among them, after storing its key and value. The
 * queries are scaled already. A batch is bound by reading keys and values, so both lie as they are read, from one end
 * to the other, all heads at a time, and come into the cache as a whole before anything is computed with them.
 *
 * @param qkv queries of all heads, keys and values of `keyValueHeads` side by side; as many queries in a row read the same
 * @param keys `[capacity / 8][keyValueHeads][headSize][8]`, so that eight scores are computed at once
 * @param values `[capacity / 8][keyValueHeads][headSize / 4, rounded up][8][4]`
 * @param scores room for `heads` times `capacity + 8` numbers
 * @param y what the heads read, `[heads][headSize rounded up to 4]`
 */
export function attend(
  qkv: usize,
  keys: usize,
  values: usize,
  scores: usize,
  y: usize,
  heads: i32,
  keyValueHeads: i32,
  headSize: i32,
  position: i32,
  window: i32,
): void {
  const headBytes = headSize * 4
  const widthBytes = ((headSize + 3) & ~3) * 4
  const hiddenBytes = heads * headBytes
  const keyBytes = keyValueHeads * headBytes
  const valueBytes = keyValueHeads * widthBytes
  const readBytes = heads * widthBytes
  const group = heads / keyValueHeads
  const count = position + 1
  const start = max(0, count - window)
  const first = start & ~7
  const end = (count + 7) & ~7

  let key = keys + (position >> 3) * 8 * keyBytes + (position & 7) * 4
  for (let i = 0; i < keyBytes; i += 4) {
    store<f32>(key, load<f32>(qkv + hiddenBytes + i))
    key += 32
  }
  let value = values + (position >> 3) * 8 * valueBytes + (position & 7) * 16
  for (let head = 0; head < keyValueHeads; head++) {
    const from = qkv + hiddenBytes + keyBytes + head * headBytes
    for (let i = 0; i < headBytes; i += 4) store<f32>(value + (i >> 4) * 128 + (i & 15), load<f32>(from + i))
    value += 8 * widthBytes
  }

  // The highest score of each head, and the sum of its shares, are kept in lanes until the end.
  const highest = scores
  scores += heads * 32
  for (let at = highest; at < scores; at += 16) v128.store(at, f32x4.splat(-Infinity))
  key = keys + first * keyBytes
  fetch(key, keys + end * keyBytes, y)
  let to = scores
  for (let t = first; t < end; t += 8) {
    const maskedLow = v128.andnot(f32x4.splat(-Infinity), within(t, start, count))
    const maskedHigh = v128.andnot(f32x4.splat(-Infinity), within(t + 4, start, count))
    let query = qkv
    let member = 0
    for (let top = highest; top < scores; top += 32) {
      const head = key
      let low = maskedLow
      let high = maskedHigh
      for (const next = query + headBytes; query < next; query += 4) {
        const q = v128.load_splat<f32>(query)
        low = multiplyAdd(q, v128.load(key), low)
        high = multiplyAdd(q, v128.load(key, 16), high)
        key += 32
      }
      v128.store(to, low)
      v128.store(to, high, 16)
      v128.store(top, f32x4.pmax(v128.load(top), f32x4.pmax(low, high)))
      to += 32
      if (++member < group) key = head
      else member = 0
    }
  }
  for (let top = highest; top < scores; top += 32) {
    v128.store(top, f32x4.splat(largestLane(v128.load(top))))
    v128.store(top, f32x4.splat(0), 16)
  }

  value = values + first * valueBytes
  fetch(value, values + end * valueBytes, y)
  for (let i = 0; i < readBytes; i += 16) v128.store(y + i, f32x4.splat(0))
  let score = scores
  for (let t = first; t < end; t += 8) {
    const low = within(t, start, count)
    const high = within(t + 4, start, count)
    let to = y
    let member = 0
    for (let top = highest; top < scores; top += 32) {
      const head = value
      const most = v128.load(top)
      const left = v128.and(exp(f32x4.sub(v128.load(score), most)), low)
      const right = v128.and(exp(f32x4.sub(v128.load(score, 16), most)), high)
      v128.store(score, left)
      v128.store(score, right, 16)
      v128.store(top, f32x4.add(v128.load(top, 16), f32x4.add(left, right)), 16)
      const a = v128.load_splat<f32>(score)
      const b = v128.load_splat<f32>(score, 4)
      const c = v128.load_splat<f32>(score, 8)
      const d = v128.load_splat<f32>(score, 12)
      const e = v128.load_splat<f32>(score, 16)
      const f = v128.load_splat<f32>(score, 20)
      const g = v128.load_splat<f32>(score, 24)
      const h = v128.load_splat<f32>(score, 28)
      score += 32
      for (const next = to + widthBytes; to < next; to += 16) {
        let even = f32x4.mul(a, v128.load(value))
        let odd = f32x4.mul(b, v128.load(value, 16))
        even = multiplyAdd(c, v128.load(value, 32), even)
        odd = multiplyAdd(d, v128.load(value, 48), odd)
        even = multiplyAdd(e, v128.load(value, 64), even)
        odd = multiplyAdd(f, v128.load(value, 80), odd)
        even = multiplyAdd(g, v128.load(value, 96), even)
        odd = multiplyAdd(h, v128.load(value, 112), odd)
        v128.store(to, f32x4.add(v128.load(to), f32x4.add(even, odd)))
        value += 128
      }
      if (++member < group) value = head
      else member = 0
    }
  }
  let at = y
  for (let top = highest; top < scores; top += 32) {
    const scale = f32x4.splat(1 / sumOfLanes(v128.load(top, 16)))
    for (const next = at + widthBytes; at < next; at += 16) v128.store(at, f32x4.mul(v128.load(at), scale))
  }
}

/**
 * Reads a byte of each cache line, which takes half as long as if the computing waited for the lines one by one.
 *
 * @param unused where to write anything, so that the compiler keeps the read
 */
// @ts-ignore: decorator
@inline
function fetch(from: usize, end: usize, unused: usize): void {
  let lines = f32x4.splat(0)
  for (; from < end; from += 64) lines = v128.or(lines, v128.load(from))
  v128.store(unused, lines)
}

/** All bits of the lanes whose numbers, counted from `t`, are from `start` to below `count`. */
// @ts-ignore: decorator
@inline
function within(t: i32, start: i32, count: i32): v128 {
  const places = i32x4.add(i32x4.splat(t), i32x4(0, 1, 2, 3))
  return v128.and(i32x4.ge_s(places, i32x4.splat(start)), i32x4.lt_s(places, i32x4.splat(count)))
}
