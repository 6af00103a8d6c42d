/** An id that nothing else has. `crypto.randomUUID` is missing where a page is not served securely. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), word =>
    word.toString(36).padStart(7, '0'),
  ).join('')
}
