import type { Plugin, Rolldown } from 'vite'

/**
 * Lets the page ask for the address of a file in another form: `import url from './file?query'`.
 *
 * @param query with its question mark
 * @param emit what the build holds for a path
 */
export function queryPlugin(
  query: string,
  emit: (path: string) => Rolldown.EmittedFile | Promise<Rolldown.EmittedFile>,
): Plugin {
  return {
    name: query.slice(1),
    enforce: 'pre',
    async resolveId(source, importer) {
      if (!source.endsWith(query)) return undefined
      const resolved = await this.resolve(source.slice(0, -query.length), importer)
      return resolved && `${resolved.id}${query}`
    },
    async load(id) {
      if (!id.endsWith(query)) return undefined
      const reference = this.emitFile(await emit(id.slice(0, -query.length)))
      return `export default import.meta.ROLLUP_FILE_URL_${reference}`
    },
  }
}
