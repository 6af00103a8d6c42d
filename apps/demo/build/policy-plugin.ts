import type { Plugin } from 'vite'

/**
 * What the page may load and run: its own files, and no script that is written into it. Connections are free, as visitors
 * name the server of a judge; workers, which download models of the hub, have none of this.
 */
export const contentPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "manifest-src 'self'",
  "connect-src 'self' data: https: http:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/** Puts the content security policy into the built page: static hosts often cannot send headers. */
export function policyPlugin(): Plugin {
  return {
    name: 'policy',
    // Vite's development server puts scripts and styles into the page.
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: () => [
        {
          tag: 'meta',
          attrs: { 'http-equiv': 'Content-Security-Policy', content: contentPolicy },
          // Before all that it governs.
          injectTo: 'head-prepend',
        },
      ],
    },
  }
}
