/** Whether this is the name of a file in the same folder, and no path that leads out of it. */
export function isPlainName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !/[\\/]/.test(name)
}
