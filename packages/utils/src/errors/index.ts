export {
  type CodedError,
  defineError,
  type ErrorClass,
  type ErrorOf,
  type ErrorText,
  type ErrorTexts,
} from './define-error.ts'
export { messageOf } from './message-of.ts'
export { deserializeError, type SerializedError, serializeError } from './serialize-error.ts'
export { showValue } from './show-value.ts'
