// Arithmetic on vectors of four float32 numbers.

/** The largest of the four. */
// @ts-ignore: decorator
@inline
export function largestLane(x: v128): f32 {
  return max(
    max(f32x4.extract_lane(x, 0), f32x4.extract_lane(x, 1)),
    max(f32x4.extract_lane(x, 2), f32x4.extract_lane(x, 3)),
  )
}

/** e^x within 4e-7 of itself between -5 and 5, for x up to 88; below -86 it stays at 2e-38. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
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

/** The sum of the four. */
// @ts-ignore: decorator
@inline
export function sumOfLanes(x: v128): f32 {
  return (
    f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 1) + (f32x4.extract_lane(x, 2) + f32x4.extract_lane(x, 3))
  )
}

/** a b + c, rounded twice: relaxed SIMD's fused form is no faster here and differs between machines. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c)
}
