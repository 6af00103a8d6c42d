import { GenerationError } from '@tinystories/model'
import { PipelineError } from '../errors.ts'

/** The object that OpenAI's protocol has for errors, but for the message. */
export interface ApiErrorFields {
  status: number
  type: 'invalid_request_error' | 'authentication_error' | 'rate_limit_error' | 'server_error'
  code: string | null
  param: string | null
}

/** A request that is answered with an error. */
export class ApiError extends Error implements ApiErrorFields {
  override readonly name = 'ApiError'
  readonly status: number
  readonly type: ApiErrorFields['type']
  readonly code: string | null
  readonly param: string | null

  /** @param fields those of a request that is wrong where they are left out */
  constructor(message: string, fields: Partial<ApiErrorFields> = {}, options?: ErrorOptions) {
    super(message, options)
    this.status = fields.status ?? 400
    this.type = fields.type ?? 'invalid_request_error'
    this.code = fields.code ?? null
    this.param = fields.param ?? null
  }

  /** The body of the reply. */
  toJSON(): object {
    const { message, type, param, code } = this
    return { error: { message, type, param, code } }
  }
}

/** What went wrong, as the client sees it. A defect of the server says nothing about its inside. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (PipelineError.isInstance(error)) return new ApiError(error.problem, {}, { cause: error })
  if (GenerationError.isInstance(error)) {
    const { code, problem } = error
    const cause = { cause: error }
    if (code === 'prompt-too-long') {
      const fields = { code: 'context_length_exceeded', param: 'prompt' }
      return new ApiError(problem, fields, cause)
    }
    if (code === 'empty-prompt' || code === 'unknown-token' || code === 'invalid-option')
      return new ApiError(problem, { param: code === 'invalid-option' ? null : 'prompt' }, cause)
    return new ApiError(problem, { status: 500, type: 'server_error' }, cause)
  }
  const message = 'The server had an error while processing the request.'
  return new ApiError(message, { status: 500, type: 'server_error' }, { cause: error })
}
