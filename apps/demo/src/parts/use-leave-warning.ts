import { useEffect } from 'preact/hooks'

/** Has the browser ask before the page is left or reloaded while that would lose what cannot be had back. */
export function useLeaveWarning(isLosing: () => boolean): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent): void => {
      if (isLosing()) event.preventDefault()
    }
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [])
}
