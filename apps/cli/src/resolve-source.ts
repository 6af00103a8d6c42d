import { isNamedSource } from '@tinystories/pipeline'
import { UserError } from './errors/user-error.ts'
import { fromTyped } from './paths.ts'

/**
 * A source of stories: a path made absolute, or an address or name as it is.
 *
 * @throws UserError for an address with a password in it: a run would keep it in its settings
 */
export function resolveSource(source: string): string {
  if (/^https?:\/\/[^/?#]*@/i.test(source)) {
    throw new UserError(
      'The address of the stories holds a user name or password, which the settings of a run would keep. Download the file (curl reads such secrets from ~/.netrc) and give its path.',
    )
  }
  return isNamedSource(source) ? source : fromTyped(source)
}
