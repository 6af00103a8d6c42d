import { createHash } from 'node:crypto'

/** Text that is HTML already: {@link html} made it, or {@link trusted}. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

/** What a template takes: HTML, text that is escaped (numbers too), or a list of them. */
export type HtmlPart = Html | string | number | undefined | readonly HtmlPart[]

/** A template whose every part is escaped unless it is HTML of another template. */
export function html(literals: TemplateStringsArray, ...parts: HtmlPart[]): Html {
  return new Html(literals.reduce((text, literal, i) => text + escaped(parts[i - 1]) + literal))
}

/** Text of this program that is HTML, a style or a script. Never what comes from a file. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** The source of a content security policy that allows one inline script or style. */
export function policyHash(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

/** JSON for a `<script type="application/json">`: nothing in it looks like the end of the script. */
export function jsonForScript(value: unknown): Html {
  return new Html(JSON.stringify(value).replaceAll('<', '\\u003c'))
}

const entities: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(part: HtmlPart): string {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(escaped).join('')
  if (part === undefined) return ''
  return String(part).replaceAll(/[<>&"']/g, character => entities[character]!)
}
