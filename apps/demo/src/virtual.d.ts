declare module 'virtual:corpus-facts' {
  const facts: import('../build/corpus-facts.ts').CorpusFacts
  export default facts
}
declare module 'virtual:study-facts' {
  const facts: import('../build/study-facts.ts').StudyFacts | null
  export default facts
}
