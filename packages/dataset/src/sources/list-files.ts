/** Whether a path may name several files: `*`, `?`, `[a-z]` and `{a,b}` as in a shell. */
const isPattern = /[*?[{]/

/**
 * The files that a path names: itself, or those that fit a pattern such as `stories/*.txt` or `{train,more}.txt`, in the
 * order of their names. A file whose own name looks like a pattern is that file. Patterns are for Node only.
 *
 * @throws DatasetError `not-found` when no file fits a pattern; a path without one is not looked for
 */
export async function listFiles(path: string): Promise<readonly string[]> {
  if (!isPattern.test(path)) return [path]
  const { matchingFiles } = await import('./matching-files.ts')
  return matchingFiles(path)
}
