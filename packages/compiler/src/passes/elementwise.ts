/** Operations of optimizer updates that compute each element by itself, and so on any part of a tensor. */
export const ELEMENTWISE: ReadonlySet<string> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Sqrt',
  'Neg',
  'Abs',
  'Sign',
  'Max',
  'Min',
  'Exp',
  'Pow',
])
