import { createHash } from 'node:crypto'

/**
 * A page of the site with a content security policy: its own files and the scripts that the generator wrote into it, and no
 * other script. Styles may be anywhere: the generator's script writes some.
 */
export function withContentPolicy(html) {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script]) => script)
  const hashes = [...new Set(scripts)].map(
    script => ` 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  const policy = [
    "default-src 'none'",
    `script-src 'self'${hashes.join('')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  // Before all that it governs.
  return html.replace('<head>', `<head><meta http-equiv="Content-Security-Policy" content="${policy}"/>`)
}
