import type { ElementType, Value } from './graph.ts'

/** Operations for float32 alone. */
const REAL = new Set(
  [
    'Exp Log Sqrt Reciprocal Erf Tanh Sigmoid Softplus Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Elu Selu',
    'LeakyRelu Softmax LogSoftmax Floor Ceil Round IsNaN IsInf MaxPool AveragePool DFT NonMaxSuppression',
    'LayerNormalization Attention RotaryEmbedding FastGelu Conv ConvTranspose',
  ].flatMap(names => names.split(' ')),
)
/** Operations for numbers, with all operands of one type. */
const NUMBERS = new Set(
  [
    'Add Sub Mul Div Max Min Sum Mod MatMul Less LessOrEqual Greater GreaterOrEqual Neg Abs Sign Relu',
    'BitwiseAnd',
  ].flatMap(names => names.split(' ')),
)
/** Operations for numbers whose further operands are of types of their own. */
const FIRST_NUMBERS = new Set(
  'Pow ReduceSum ReduceProd ReduceMax ReduceMin ReduceMean ArgMax ArgMin CumSum TopK Resize'.split(' '),
)
/** Which operands of an operation must be of one type. */
const ALIKE: Readonly<Record<string, readonly number[]>> = {
  Where: [1, 2],
  Pad: [0, 2],
  ScatterElements: [0, 2],
  ScatterND: [0, 2],
  Equal: [0, 1],
  Conv: [0, 1],
  ConvTranspose: [0, 1],
  NonMaxSuppression: [0, 1],
}

/**
 * Why ONNX Runtime would not load an operation on operands of these types.
 * @returns the types, as in `int32 and bool`, or undefined where they fit
 */
export function unfitTypes(op: string, inputs: readonly (Value | null)[]): string | undefined {
  const types = inputs.flatMap(input => (input ? [input.type] : []))
  const named = (found: readonly ElementType[]): string => [...new Set(found)].join(' and ')
  const isNumber = (type: ElementType | undefined): boolean => type !== 'bool'
  if (REAL.has(op) && types[0] !== 'float32') return named(types.slice(0, 1))
  if (NUMBERS.has(op) || op === 'Concat') {
    const fits = new Set(types).size === 1 && (op === 'Concat' || types.every(isNumber))
    return fits ? undefined : named(types)
  }
  if (FIRST_NUMBERS.has(op)) return isNumber(types[0]) ? undefined : named(types.slice(0, 1))
  const alike = ALIKE[op]?.flatMap(i => (inputs[i] ? [inputs[i].type] : []))
  if (!alike) return undefined
  const fits = new Set(alike).size === 1 && (op !== 'Where' || alike.every(isNumber))
  return fits ? undefined : named(alike)
}
