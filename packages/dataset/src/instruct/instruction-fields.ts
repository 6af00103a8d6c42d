/** What a story can be asked for, in the order in which it is asked for where nothing else is said. */
export const instructionFields = ['words', 'features', 'summary', 'sentence'] as const
/** One of {@link instructionFields}. */
export type InstructionField = (typeof instructionFields)[number]

/** What a template needs and one lacks. */
export type TemplateProblem = 'no-story' | 'no-fields' | 'text-after-story' | 'no-field' | 'no-value'
