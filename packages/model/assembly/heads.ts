/** x / sqrt(mean(x²) + epsilon) * scale for each head, in place. @param scale `[headSize]` */
export function normalizeHeads(x: usize, scale: usize, heads: i32, headSize: i32, epsilon: f32): void {
  const bytes = headSize * 4
  for (const end = x + heads * bytes; x < end; x += bytes) {
    let squares: f32 = 0
    for (let i = 0; i < bytes; i += 4) squares += load<f32>(x + i) * load<f32>(x + i)
    const factor: f32 = <f32>1 / sqrt<f32>(squares / <f32>headSize + epsilon)
    for (let i = 0; i < bytes; i += 4) store<f32>(x + i, load<f32>(x + i) * factor * load<f32>(scale + i))
  }
}

/**
 * Turns the channels `i` and `i + pairs` of each head by an angle, in place.
 *
 * @param cos `[pairs]`: of the position
 * @param sin `[pairs]`
 */
export function rotate(x: usize, cos: usize, sin: usize, heads: i32, headSize: i32, pairs: i32): void {
  const half = pairs * 4
  for (const end = x + heads * headSize * 4; x < end; x += headSize * 4) {
    for (let i = 0; i < half; i += 4) {
      const a = load<f32>(x + i)
      const b = load<f32>(x + half + i)
      const c = load<f32>(cos + i)
      const s = load<f32>(sin + i)
      store<f32>(x + i, a * c - b * s)
      store<f32>(x + half + i, b * c + a * s)
    }
  }
}

/** x = own x + shared y. */
export function mix(x: usize, y: usize, count: i32, own: f32, shared: f32): void {
  for (const end = x + count * 4; x < end; x += 4) {
    store<f32>(x, own * load<f32>(x) + shared * load<f32>(y))
    y += 4
  }
}
