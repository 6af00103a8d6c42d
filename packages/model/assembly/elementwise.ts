import { exp, multiplyAdd, sumOfLanes } from './vectors'

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

/** The square of ReLU, in place. */
export function relu2(x: usize, count: i32): void {
  for (const end = x + count * 4; x < end; x += 16) {
    const positive = f32x4.pmax(f32x4.splat(0), v128.load(x))
    v128.store(x, f32x4.mul(positive, positive))
  }
}

/** The first half of each row: gate / (1 + e^(-gate)) times the second half. */
export function swiglu(x: usize, rows: i32, half: i32): void {
  const one = f32x4.splat(1)
  const bytes = half * 4
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < bytes; i += 16) {
      const gate = v128.load(x + i)
      const share = f32x4.add(one, exp(f32x4.min(f32x4.neg(gate), f32x4.splat(87))))
      v128.store(x + i, f32x4.mul(f32x4.div(gate, share), v128.load(x + bytes + i)))
    }
    x += 2 * bytes
  }
}

/** cap tanh(x / cap), in place; what stands for nothing, far below all logits, stays. */
export function capped(x: usize, count: i32, cap: f32): void {
  const one = f32x4.splat(1)
  const two = f32x4.splat(2)
  for (const end = x + count * 4; x < end; x += 16) {
    const v = v128.load(x)
    const growth = exp(f32x4.min(f32x4.mul(v, f32x4.splat(2 / cap)), f32x4.splat(87)))
    const tanh = f32x4.sub(one, f32x4.div(two, f32x4.add(growth, one)))
    const bent = f32x4.mul(tanh, f32x4.splat(cap))
    v128.store(x, v128.bitselect(bent, v, f32x4.gt(v, f32x4.splat(-1e29))))
  }
}
