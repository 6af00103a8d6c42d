import { exp, largestLane, sumOfLanes } from './vectors'

/** What padding weighs: nothing, but for rounding. */
const LEAST_WEIGHT: f32 = 1e-37

/** The place of the largest number, the first of equal ones; NaN is ignored, and -1 where nothing else is. */
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
