import { type Arena, padded } from './kernels.ts'

/** How the weights of linear maps are stored: `int8` with a scale for each output. */
export type WeightType = 'float32' | 'int8'

/** A linear map in memory, as the kernels `linear` and `linearInt8` read it. */
export interface WasmLinear {
  weight: number
  /** Of int8: what one step is worth, for each output. */
  scales?: number
  bias: number
  inputs: number
  /** Numbers from one input row to the next. */
  stride: number
  /** Rounded up to 16. */
  outputs: number
}

/** A linear map to be laid out. */
export interface LinearSource {
  inputs: number
  outputs: number
  weight(input: number, output: number): number
  bias(output: number): number
  /** The bias of outputs that only round the number up. Default: 0. */
  padding?: number
}

/** Lays linear maps out for the kernels. */
export function linearWriter(memory: Arena, type: WeightType): (source: LinearSource) => WasmLinear {
  return ({ inputs, outputs, weight, bias, padding = 0 }) => {
    const width = padded(outputs)
    const write = type === 'int8' ? writeInt8 : writeFloat32
    return {
      ...write(memory, { inputs, outputs, weight }),
      bias: memory.put(Float32Array.from({ length: width }, (_, i) => (i < outputs ? bias(i) : padding))),
      stride: padded(inputs),
      outputs: width,
    }
  }
}

type Weights = Pick<LinearSource, 'inputs' | 'outputs' | 'weight'>
type Written = Pick<WasmLinear, 'weight' | 'scales' | 'inputs'>

/** In panels of 16 outputs: `[outputs / 16][inputs][16]`. */
function writeFloat32(memory: Arena, { inputs, outputs, weight }: Weights): Written {
  const panels = new Float32Array(padded(outputs) * inputs)
  for (let output = 0; output < outputs; output++) {
    const panel = (output >> 4) * 16 * inputs + (output & 15)
    for (let input = 0; input < inputs; input++) panels[panel + 16 * input] = weight(input, output)
  }
  return { weight: memory.put(panels), inputs }
}

/** In panels of 16 outputs, two inputs side by side: `[outputs / 16][inputs / 2][16][2]`. */
function writeInt8(memory: Arena, { inputs, outputs, weight }: Weights): Written {
  const even = inputs + (inputs & 1)
  const panels = new Int8Array(padded(outputs) * even)
  const scales = new Float32Array(padded(outputs))
  for (let output = 0; output < outputs; output++) {
    let largest = 0
    for (let input = 0; input < inputs; input++) largest = Math.max(largest, Math.abs(weight(input, output)))
    // What is not finite makes all sums of its output so, as in float32.
    scales[output] = largest / 127
    const panel = (output >> 4) * 16 * even + 2 * (output & 15)
    for (let input = 0; input < inputs; input++) {
      const steps = largest > 0 ? Math.round((weight(input, output) / largest) * 127) : 0
      panels[panel + 32 * (input >> 1) + (input & 1)] = steps
    }
  }
  return { weight: memory.put(panels), scales: memory.put(scales), inputs: even }
}
