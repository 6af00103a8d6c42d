/** What a server said when it refused something, whatever form it said it in. */
export interface Refusal {
  status: number
  message: string
  /** Codes and types, in lower case. */
  codes: readonly string[]
  /** The parameter that it names, such as `temperature` or `response_format`. */
  parameter: string | undefined
  /** A router says which category of its moderation was hit. */
  isFlagged: boolean
  /** Milliseconds that it asks to wait, where it says so in the body. */
  retryAfter: number | undefined
}

type Fields = Record<string, unknown>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

/**
 * Reads the body of a refusal. Servers agree on no form: OpenAI has `{ error: { message, type, code, param } }`, Gemini a
 * list of these, Ollama `{ error: "text" }`, vLLM and Mistral the fields without `error`, FastAPI
 * `{ detail: [{ loc: ['body', 'max_tokens'], msg, type }] }`.
 *
 * @param text any text, JSON or not
 */
export function parseRefusal(status: number, text: string): Refusal {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // A page of a proxy says nothing that could be passed on.
    return {
      status,
      message: /^\s*</.test(text) ? '' : text,
      codes: [],
      parameter: undefined,
      isFlagged: false,
      retryAfter: undefined,
    }
  }
  return refusalOf(status, value)
}

/** {@link parseRefusal} of a value that is parsed already. */
export function refusalOf(status: number, value: unknown): Refusal {
  const body = Array.isArray(value) ? value[0] : value
  const outer = isFields(body) ? body : {}
  const error: unknown = outer.error ?? outer.detail ?? outer
  const fields = isFields(error) && !Array.isArray(error) ? error : {}
  const details = [error, fields.detail, fields.details, fields.message].find(Array.isArray) as
    | unknown[]
    | undefined
  const nested =
    isFields(fields.message) && Array.isArray(fields.message.detail) ? fields.message.detail : undefined
  const problems = (nested ?? details ?? []).filter(isFields)
  const inner = isFields(fields.innererror) ? fields.innererror : {}
  const metadata = isFields(fields.metadata) ? fields.metadata : {}
  const message =
    [error, fields.message, fields.msg, ...problems.map(({ msg, message }) => msg ?? message)].find(
      (each): each is string => typeof each === 'string' && each !== '',
    ) ?? ''
  const codes = [
    fields.code,
    fields.type,
    fields.status,
    inner.code,
    outer.code,
    outer.type,
    ...problems.flatMap(({ type, reason }) => [type, reason]),
  ]
  const place = problems.find(({ loc }) => Array.isArray(loc))?.loc as unknown[] | undefined
  const named = fields.param ?? outer.param ?? place?.find((part, i) => i > 0 || part !== 'body')
  return {
    status,
    message,
    codes: codes.flatMap(each =>
      typeof each === 'string' || typeof each === 'number' ? [String(each).toLowerCase()] : [],
    ),
    parameter: typeof named === 'string' && named !== '' ? named : undefined,
    isFlagged: Array.isArray(metadata.reasons) || typeof metadata.flagged_input === 'string',
    retryAfter: retryDelayOf(problems),
  }
}

/** Google's RetryInfo: `{ "@type": "…RetryInfo", "retryDelay": "34.07s" }`. */
function retryDelayOf(problems: Fields[]): number | undefined {
  for (const { retryDelay } of problems) {
    const seconds = typeof retryDelay === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(retryDelay)?.[1] : undefined
    if (seconds !== undefined) return Number(seconds) * 1000
  }
  return undefined
}
