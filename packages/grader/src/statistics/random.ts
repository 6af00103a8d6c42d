/** Uniform whole numbers 0 .. limit - 1 from a seed (sfc32, Chris Doty-Humphrey's small fast counting generator). */
export function randomBelow(seed: number): (limit: number) => number {
  let [a, b, c, counter] = [seed | 0, (seed / 0x1_0000_0000) | 0, 0x9e3779b9 | 0, 1]
  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // The words of the seed spread within a dozen rounds.
  for (let i = 0; i < 15; i++) next()
  return limit => Math.floor((next() / 0x1_0000_0000) * limit)
}
