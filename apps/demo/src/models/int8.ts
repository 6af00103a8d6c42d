/** Shapes of parameters by name, as `parameterShapes` of the model package gives them. */
type Shapes = Readonly<Record<string, readonly number[]>>

/**
 * Parameters in a quarter of their size: each row of a matrix as a float32 scale and whole numbers from -127 to 127, one
 * matrix after another; vectors as they are. All scales and vectors come first, so that they are aligned.
 *
 * @param parameters row-major, by name
 */
export function writeInt8(
  parameters: Readonly<Record<string, Float32Array>>,
  shapes: Shapes,
): Uint8Array<ArrayBuffer> {
  const { floats, bytes } = sizeOf(shapes)
  const file = new ArrayBuffer(floats * 4 + bytes)
  const float = new Float32Array(file, 0, floats)
  const byte = new Int8Array(file, floats * 4)
  let [f, b] = [0, 0]
  for (const [name, shape] of Object.entries(shapes)) {
    const values = parameters[name]!
    if (shape.length < 2) {
      float.set(values, f)
      f += values.length
      continue
    }
    const columns = shape.at(-1)!
    for (let row = 0; row < values.length; row += columns) {
      const line = values.subarray(row, row + columns)
      const scale = line.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127
      float[f++] = scale
      for (const value of line) byte[b++] = scale === 0 ? 0 : Math.round(value / scale)
    }
  }
  return new Uint8Array(file)
}

/**
 * Reads what {@link writeInt8} wrote.
 *
 * @throws RangeError when the file does not have the size of these shapes
 */
export function readInt8(file: ArrayBuffer, shapes: Shapes): Record<string, Float32Array> {
  const { floats, bytes } = sizeOf(shapes)
  if (file.byteLength !== floats * 4 + bytes)
    throw new RangeError(`The file has ${file.byteLength} bytes, not ${floats * 4 + bytes}.`)
  const float = new Float32Array(file, 0, floats)
  const byte = new Int8Array(file, floats * 4)
  const parameters: Record<string, Float32Array> = {}
  let [f, b] = [0, 0]
  for (const [name, shape] of Object.entries(shapes)) {
    const count = elements(shape)
    const values = new Float32Array(count)
    parameters[name] = values
    if (shape.length < 2) {
      values.set(float.subarray(f, f + count))
      f += count
      continue
    }
    const columns = shape.at(-1)!
    for (let i = 0; i < count; i += columns) {
      const scale = float[f++]!
      for (let j = i; j < i + columns; j++) values[j] = byte[b++]! * scale
    }
  }
  return parameters
}

function sizeOf(shapes: Shapes): { floats: number; bytes: number } {
  let [floats, bytes] = [0, 0]
  for (const shape of Object.values(shapes)) {
    const count = elements(shape)
    if (shape.length < 2) floats += count
    else {
      floats += count / shape.at(-1)!
      bytes += count
    }
  }
  return { floats, bytes }
}

const elements = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)
