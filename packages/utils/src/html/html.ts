const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What an {@link html} template takes: texts and numbers are escaped, markup and lists of it are inserted. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | undefined

/** Markup that is safe to insert: only {@link html} and {@link trustedHtml} make it. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

/**
 * Markup from a template. Every value is escaped for the place between tags or in a quoted attribute, whatever its type
 * says: a number from a file may be a text.
 *
 * ```ts
 * html`<td title="${name}">${score}</td>`
 * ```
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(strings.map((text, i) => text + (i < values.length ? insert(values[i]) : '')).join(''))
}

/** Marks a constant of the program as markup. Never for text that comes from a file, a model or a person. */
export function trustedHtml(text: string): Html {
  return new Html(text)
}

/** Text for HTML, between tags or in a quoted attribute. Control characters that HTML forbids become spaces. */
export function escapeHtml(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, ' ')
      .replace(/[&<>"']/g, character => entities[character]!)
  )
}

function insert(value: HtmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.toString()
  if (Array.isArray(value)) return value.map(insert).join('')
  return escapeHtml(String(value))
}
