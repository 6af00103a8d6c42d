/** Whether a source is an address or `sample`, and not the path of a file or folder. */
export function isNamedSource(source: string): boolean {
  return source === 'sample' || /^[a-z][a-z0-9+.-]*:\/\//i.test(source)
}
