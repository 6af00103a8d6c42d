import { defineError, type ErrorClass, type ErrorOf } from '../errors/index.ts'

/** What was being done to a file or folder. */
export type FileAction = 'read' | 'write' | 'create' | 'delete' | 'list' | 'lock'

/** Where a {@link FileError} happened. */
export interface FilePlace {
  path: string
  action: FileAction
}

/** Details of a {@link FileError} by its code. */
export interface FileErrorDetails {
  /** There is no such file or folder. */
  'not-found': FilePlace
  /** The user may not do this. */
  'no-permission': FilePlace
  /** A folder where a file is expected. */
  'is-folder': FilePlace
  /** A file where a folder is expected, also as a part of the path. */
  'is-file': FilePlace
  /** Something has this name already. */
  'already-exists': FilePlace
  /** A folder that should be empty is not. */
  'not-empty': FilePlace
  /** The disk, or the user's share of it, is full. */
  'disk-full': FilePlace
  /** The file system is mounted read-only. */
  'read-only': FilePlace
  /** The process or the system has too many files open. */
  'too-many-open': FilePlace
  /** The path or one of its parts is too long. */
  'name-too-long': FilePlace
  /** The disk failed (EIO). */
  'disk-failure': FilePlace
  /** The file system does not support this, for example new folders in /proc. */
  unsupported: FilePlace
  /** A pipe, device or socket where a file is expected. */
  'not-regular': FilePlace
  /** The file is not UTF-8 text. */
  'not-text': FilePlace
  /** The file has more bytes than `limit`. */
  'too-large': FilePlace & { bytes: number; limit: number }
  /** Any other error of the system: `reason` is its own message. */
  other: FilePlace & { errno: string | undefined; reason: string }
}

/** A file or folder could not be read, written, created, deleted, listed or locked. */
export const FileError: ErrorClass<'FileError', FileErrorDetails> = defineError('FileError', {
  'not-found': place => say(place, 'there is no such file or folder', 'Check the path.'),
  'no-permission': place => say(place, 'no permission', 'Change its permissions or choose another path.'),
  'is-folder': place => say(place, 'it is a folder, and a file is expected', 'Name a file.'),
  'is-file': place =>
    say(place, 'it, or a part of its path, is a file where a folder is expected', 'Choose another path.'),
  'already-exists': place => say(place, 'something has this name already', 'Choose another name.'),
  'not-empty': place => say(place, 'the folder is not empty', 'Empty it or choose another one.'),
  'disk-full': place => say(place, 'the disk is full', 'Free some space and try again.'),
  'read-only': place => say(place, 'the file system is read-only', 'Choose another path.'),
  'too-many-open': place => say(place, 'too many files are open', 'Raise the limit of open files.'),
  'name-too-long': place => say(place, 'the name is too long', 'Choose a shorter one.'),
  'disk-failure': place => say(place, 'the disk failed', 'Check the disk.'),
  unsupported: place => say(place, 'its file system does not support this', 'Choose another path.'),
  'not-regular': place =>
    say(
      place,
      'it is a pipe or a device, and a file is expected',
      place.action === 'write' ? 'Choose another path.' : 'Save it to a file first.',
    ),
  'not-text': place => say(place, 'it is not UTF-8 text', 'Check that it is the right file.'),
  'too-large': ({ bytes, limit, ...place }) =>
    say(place, `it has ${bytes} bytes; at most ${limit} are read`, 'Check that it is the right file.'),
  other: ({ reason, ...place }) => say(place, reason, 'Check the path and the disk.'),
})
export type FileError = ErrorOf<typeof FileError>

function say(
  { path, action }: FilePlace,
  problem: string,
  remedy: string,
): { problem: string; remedy: string } {
  return { problem: `Cannot ${action} ${path}: ${problem}.`, remedy }
}

type PlainCode = Exclude<keyof FileErrorDetails, 'too-large' | 'other'>

const codes: Readonly<Record<string, PlainCode>> = {
  ENOENT: 'not-found',
  EACCES: 'no-permission',
  EPERM: 'no-permission',
  EISDIR: 'is-folder',
  // A socket that is opened as a file.
  ENXIO: 'not-regular',
  ENOTDIR: 'is-file',
  EEXIST: 'already-exists',
  ENOTEMPTY: 'not-empty',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EROFS: 'read-only',
  EMFILE: 'too-many-open',
  ENFILE: 'too-many-open',
  ENAMETOOLONG: 'name-too-long',
  EIO: 'disk-failure',
  ENOTSUP: 'unsupported',
  EOPNOTSUPP: 'unsupported',
  ENOSYS: 'unsupported',
}

/**
 * Makes a {@link FileError} of whatever a call of `node:fs` threw. Errors that did not come from the system, a
 * FileError for example, are returned as they are.
 *
 * @returns what to throw
 */
export function toFileError(error: unknown, path: string, action: FileAction): unknown {
  if (!isSystemError(error)) return error
  const code = codes[error.code ?? '']
  const options = { cause: error }
  return code === undefined
    ? new FileError('other', { path, action, errno: error.code, reason: error.message }, options)
    : new FileError(code, { path, action }, options)
}

/** Whether an error came from a system call: it carries `errno` and `syscall`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error && !FileError.isInstance(error)
}
