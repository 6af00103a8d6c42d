export { builtin } from './builtin.ts'
export { PlatformError, type PlatformErrorDetails } from './platform-error.ts'
