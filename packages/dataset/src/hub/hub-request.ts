import { StorySourceError } from '../errors/dataset-error.ts'
import { type Answer, type RequestOptions, request, textOf } from '../http/request.ts'

/** How the hub is asked. */
export interface HubRequestOptions extends RequestOptions {
  /** Access token of the hub, for gated and private data sets. It is sent to the hub only. */
  token?: string
}

/**
 * One request to the hub.
 *
 * @param source What is asked for, for messages.
 * @throws PassingFailure when another try may help; StorySourceError when not
 */
export function hubRequest(
  url: string,
  source: string,
  options: HubRequestOptions,
  signal: AbortSignal,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { token } = options
  const all = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
  return request(url, options, signal, all, answer => refusal(source, answer, token !== undefined))
}

/** {@link hubRequest} for JSON. */
export async function requestJson<T>(
  url: string,
  source: string,
  options: HubRequestOptions,
  signal: AbortSignal,
): Promise<{ value: T; headers: Headers }> {
  const answer = await hubRequest(url, source, options, signal)
  try {
    const text = await textOf(answer)
    return { value: JSON.parse(text) as T, headers: answer.headers }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause
    throw new StorySourceError({
      source,
      problem: 'the hub answered with something else than JSON',
      remedy: 'Check the option endpoint, and whether a proxy or a login page stands between',
      cause,
    })
  } finally {
    await answer.close()
  }
}

function refusal(source: string, { status, headers }: Answer, hasToken: boolean): StorySourceError {
  // The hub says what it means in this header; it answers 401 also for what does not exist.
  const code = headers.get('x-error-code')
  if (code === 'GatedRepo' || (status === 403 && code === null)) {
    return new StorySourceError({
      source,
      problem: `the data set is gated (${status})`,
      remedy: hasToken
        ? 'Accept its terms on its page with the account that the token belongs to'
        : 'Accept its terms on its page, then give an access token of your account with the option token',
    })
  }
  if (code === 'RevisionNotFound') {
    return new StorySourceError({
      source,
      problem: 'there is no such revision',
      remedy: 'Check what stands behind the @',
    })
  }
  if (status === 401 || status === 403) {
    return new StorySourceError({
      source,
      problem: `there is no such data set, or it is private (${status})`,
      remedy: `Check the name; for a private data set ${hasToken ? 'check the token' : 'give the option token'}`,
    })
  }
  if (status === 404) {
    return new StorySourceError({
      source,
      problem: 'there is no such data set or file (404)',
      remedy: 'Check the name',
    })
  }
  return new StorySourceError({ source, problem: `the hub answered ${status}`, remedy: 'Try again later' })
}
