/** A mistake in the flags or files: described in one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError'
}
