/** Lets the browser draw and take events before what follows: one long task would make the page wait. */
export function nextTask(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve))
}
