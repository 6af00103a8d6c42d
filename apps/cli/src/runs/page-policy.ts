import { createHash } from 'node:crypto'
import { type Html, trustedHtml } from '@tinystories/utils/html'

/** The source of a content security policy that allows one inline script or style. */
export function policyHash(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}

/** JSON for a `<script type="application/json">`: nothing in it looks like the end of the script. */
export function jsonForScript(value: unknown): Html {
  return trustedHtml(JSON.stringify(value).replaceAll('<', '\\u003c'))
}
