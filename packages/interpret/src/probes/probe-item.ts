/** What a probe tests: whether grammar is right, or what happens in the story. */
export type ProbeKind = 'grammar' | 'facts' | 'reasoning' | 'context'

/** A prompt with one right and one or more wrong endings: a model passes when it finds the right one likeliest. */
export interface ProbeItem {
  kind: ProbeKind
  /** What exactly is tested, such as `subject-verb agreement`. */
  phenomenon: string
  prompt: string
  /** Begins with a blank where a new word begins. */
  right: string
  wrong: readonly string[]
  /**
   * What it has in common with other items of its phenomenon, such as the words that were put into its template: a value for
   * each factor, as many in each item. Items that share a value are not independent. Default: nothing.
   */
  shares?: readonly string[]
}
