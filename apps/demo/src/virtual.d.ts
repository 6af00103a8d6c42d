declare module 'virtual:corpus-facts' {
  const facts: import('../build/corpus-facts.ts').CorpusFacts
  export default facts
}
declare module 'virtual:study-facts' {
  const facts: import('../build/study-facts.ts').StudyFacts | null
  export default facts
}
/** Bytes of the files under `models/`, by path. */
declare module 'virtual:model-sizes' {
  const sizes: Readonly<Record<string, number>>
  export default sizes
}
/** The address of a worker: see `build/threads-plugin.ts`. */
declare module '*?thread' {
  const url: string
  export default url
}
/** The address of a file that the build holds as gzip: see `build/packed-plugin.ts`. */
declare module '*?packed' {
  const url: string
  export default url
}
