export { HttpError, type HttpErrorDetails } from './http-error.ts'
export { type Redact, redactor } from './redactor.ts'
export { type HttpOptions, type HttpReply, type HttpRequest, request, withoutSecrets } from './request.ts'
