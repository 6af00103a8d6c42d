/** The parts of a {@link TokenShardError}. */
export interface TokenShardProblem {
  /** The folder or file. */
  path: string
  /** What is wrong, as the middle of a sentence. */
  problem: string
  /** What the person can do about it, as a sentence. */
  remedy: string
  /** The error beneath, where there is one. */
  cause?: unknown
}

/** Token shards cannot be read or written: names the folder or file, what is wrong, and the remedy. */
export class TokenShardError extends Error {
  override readonly name = 'TokenShardError'
  readonly path: string
  readonly remedy: string

  constructor({ path, problem, remedy, cause }: TokenShardProblem) {
    super(`${path}: ${problem}. ${remedy}`, { cause })
    this.path = path
    this.remedy = remedy
  }

  /** True for errors of this class, also when two copies of the package are loaded. */
  static isInstance(error: unknown): error is TokenShardError {
    return error instanceof Error && error.name === 'TokenShardError'
  }
}

/** A system error at a path, in words. */
export function systemProblem(path: string, doing: string, error: unknown): TokenShardError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known: Record<string, [string, string]> = {
    ENOENT: ['there is no such file or folder', 'Check the name'],
    EEXIST: ['a file has this name', 'Choose another name'],
    ENOTDIR: ['a part of the name that should be a folder is a file', 'Check the name'],
    EISDIR: ['this is a folder where a file is wanted', 'Check the name'],
    EACCES: ['no permission', 'Give your user the right to it, or choose another folder'],
    EPERM: ['no permission', 'Give your user the right to it, or choose another folder'],
    EROFS: ['the file system is read-only', 'Choose another folder'],
    ENOSPC: ['the disk is full', 'Free some space and do the same again: finished shards are kept'],
    EDQUOT: ['your share of the disk is used up', 'Free some space and do the same again'],
  }
  const [problem, remedy] = known[code] ?? [
    `${error instanceof Error ? error.message : String(error)}`,
    'Check the disk, then try again',
  ]
  return new TokenShardError({ path, problem: `${doing}: ${problem}`, remedy, cause: error })
}
