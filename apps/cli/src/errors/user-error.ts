/** A mistake of the person or their files: told in one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError'
}
