/** A mistake of the person or their files: told in one line, without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError'
}

/** System errors in words, with the remedy. `what` names the thing, such as `the data`. */
export function fileError(what: string, path: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code
  const options = { cause: error }
  switch (code) {
    case 'ENOENT':
      return new UserError(`${what}: there is no ${path}. Check the path.`, options)
    case 'EACCES':
    case 'EPERM':
      return new UserError(
        `${what}: no permission for ${path}. Change its permissions or choose another.`,
        options,
      )
    case 'EISDIR':
      return new UserError(`${what}: ${path} is a folder, a file is wanted.`, options)
    case 'EEXIST':
      return new UserError(`${what}: ${path} is a file, a folder is wanted. Choose another name.`, options)
    case 'ENOTDIR':
      return new UserError(`${what}: a part of ${path} is a file where a folder is wanted.`, options)
    case 'ENOSPC':
    case 'EDQUOT':
      return new UserError(`${what}: the disk is full at ${path}. Free some space and try again.`, options)
    case 'EROFS':
      return new UserError(`${what}: ${path} is on a read-only file system. Choose another folder.`, options)
    default:
      return new UserError(
        `${what}: ${path}: ${error instanceof Error ? error.message : String(error)}`,
        options,
      )
  }
}
