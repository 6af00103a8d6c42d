import type { GenericSchema, InferOutput } from 'valibot'
import { HttpError, type HttpReply, redactor, request } from '../http/index.ts'
import { retry, TransientError } from '../retry/index.ts'
import { InputError, parseJson, parseValue } from '../schema/index.ts'
import { defaultEndpoint } from './hub-address.ts'
import { HubError, type HubPlace } from './hub-error.ts'
import type { HubOptions } from './hub-options.ts'

const maxJsonBytes = 2 ** 26

/** The address of the hub without a slash at its end. */
export const endpointOf = ({ endpoint = defaultEndpoint }: HubOptions): string => endpoint.replace(/\/+$/, '')

/** Attempts something that asks the hub until it succeeds; what still fails is a HubError. */
export async function attempt<T>(place: HubPlace, options: HubOptions, run: () => Promise<T>): Promise<T> {
  const endpoint = endpointOf(options)
  try {
    return await retry(run, options)
  } catch (error) {
    if (TransientError.isInstance(error)) {
      const status = error.code === 'server-busy' ? error.details.status : undefined
      throw new HubError(
        'unreachable',
        { ...place, endpoint, reason: error.problem, status },
        { cause: error },
      )
    }
    if (InputError.isInstance(error) || HttpError.isInstance(error)) {
      // What the hub sent may repeat the token; then it is not passed on, not even as a cause.
      const reason = redactor(options.token === undefined ? [] : [options.token])(error.problem)
      const cause = reason === error.problem ? { cause: error } : {}
      throw new HubError('invalid-reply', { ...place, endpoint, reason }, cause)
    }
    throw error
  }
}

/**
 * One request to the hub, with the token.
 *
 * @throws HubError when the hub refuses; TransientError
 */
export async function hubRequest(
  url: string,
  place: HubPlace & { path?: string },
  options: HubOptions,
  headers: Record<string, string> = {},
): Promise<HttpReply> {
  const { token } = options
  const secretHeaders: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` }
  const reply = await request(url, { ...options, headers, secretHeaders })
  if (reply.ok || reply.status === 416) return reply
  await reply.close()
  throw refusal(reply, place, token !== undefined)
}

/** {@link hubRequest} for JSON of a given form. Its InputError is for {@link attempt} to translate. */
export async function requestJson<const Schema extends GenericSchema>(
  url: string,
  schema: Schema,
  place: HubPlace,
  options: HubOptions,
): Promise<{ value: InferOutput<Schema>; headers: Headers }> {
  const reply = await hubRequest(url, place, options)
  const value = parseJson(await reply.text(maxJsonBytes), { source: 'reply' })
  return { value: parseValue(schema, value, 'reply'), headers: reply.headers }
}

function refusal(
  { status, headers }: HttpReply,
  { path, ...place }: HubPlace & { path?: string },
  hasToken: boolean,
): HubError {
  // The hub says in this header what it means; 401 is also its answer for what does not exist.
  const code = headers.get('x-error-code')
  if (code === 'GatedRepo' || (status === 403 && code === null))
    return new HubError('gated', { ...place, hasToken })
  if (code === 'RevisionNotFound') return new HubError('no-revision', place)
  if (path !== undefined && (code === 'EntryNotFound' || (status === 404 && code === null)))
    return new HubError('no-file', { ...place, path, available: [] })
  if (status === 401 || status === 403 || status === 404)
    return new HubError('no-repository', { ...place, status, hasToken })
  return new HubError('refused', { ...place, status })
}
