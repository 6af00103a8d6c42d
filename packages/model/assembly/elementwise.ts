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
