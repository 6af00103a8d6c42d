export { InputError, type InputErrorDetails } from './errors.ts'
export { type ParseJsonOptions, parseJson } from './parse-json.ts'
export { parseValue } from './parse-value.ts'
