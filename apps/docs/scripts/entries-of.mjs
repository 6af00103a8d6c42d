/** Sources behind the `exports` of a manifest; what tests alone import is left out. */
export function entriesOf(exports) {
  return Object.entries(exports)
    .filter(([name]) => !name.includes('testing'))
    .map(([, entry]) => sourceOf(entry))
    .filter(source => source?.endsWith('.ts'))
}

/** Under whatever conditions it stands. */
function sourceOf(entry) {
  if (entry === null || typeof entry !== 'object') return entry
  return sourceOf(entry['@tinystories/source'] ?? entry.default)
}
