/** Takes keys out of a text. */
export type Redact = (text: string) => string

/**
 * Makes a function that replaces secrets wherever they stand.
 *
 * @param shortest Shorter ones stay: servers without keys are given words such as `ollama`, which stand in texts too.
 */
export function redactor(secrets: readonly string[], shortest = 4): Redact {
  const forms = secrets
    .filter(secret => secret.length >= shortest)
    // As it stands, as it stands in JSON, and as it stands in an address.
    .flatMap(secret => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
  // The longest first, so that no half of one stays behind.
  const found = [...new Set(forms)].sort((a, b) => b.length - a.length)
  return text => found.reduce((result, form) => result.replaceAll(form, '[key]'), text)
}
