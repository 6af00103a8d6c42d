/** `2026-11-22T20-35-42`: a new folder's name, from the time. */
export function newRunName(now: Date = new Date()): string {
  return now.toISOString().slice(0, 19).replaceAll(':', '-')
}
