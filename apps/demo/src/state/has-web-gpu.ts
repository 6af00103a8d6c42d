/** Whether there is an adapter, and not only the interface. Works in the page and in workers. */
export async function hasWebGpu(): Promise<boolean> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<unknown> } }
  return (await gpu?.requestAdapter().catch(() => null)) != null
}
