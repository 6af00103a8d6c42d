export { Random, type RandomState } from './random.ts'
export { RandomError, type RandomErrorDetails } from './random-error.ts'
