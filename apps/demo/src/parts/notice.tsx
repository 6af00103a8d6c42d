import type { ComponentChildren } from 'preact'

/** Says what went wrong, where it happened, to everybody. */
export function Problem({ children }: { children?: ComponentChildren }) {
  return (
    <div class="problem" role="alert">
      {children && <p>{children}</p>}
    </div>
  )
}
