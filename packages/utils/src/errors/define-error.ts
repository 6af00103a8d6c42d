/** What an error says: what is wrong, and what the caller can do about it. Both are whole sentences. */
export interface ErrorText {
  /** What is wrong and where, such as `stories.csv, line 12: the row has 3 fields and the header has 2.` */
  problem: string
  /** What to do about it in terms of the library's options, such as `Set the option separator.` */
  remedy?: string
}

/** For each code the text made from the details of that code. */
export type ErrorTexts<Details> = { [Code in keyof Details]: (details: Details[Code]) => ErrorText }

/** An instance of a class made by {@link defineError}: testing `code` narrows `details`. */
export type CodedError<Name extends string, Details> = {
  [Code in keyof Details & string]: Error & {
    readonly name: Name
    readonly code: Code
    readonly details: Details[Code]
    /** What is wrong and where, without the remedy. */
    readonly problem: string
    /** What to do about it, for callers of the library. Applications word their own by `code` and `details`. */
    readonly remedy: string | undefined
  }
}[keyof Details & string]

/** A class of errors whose messages are made from a code and its details. */
export interface ErrorClass<Name extends string, Details> {
  new <Code extends keyof Details & string>(
    code: Code,
    details: Details[Code],
    options?: ErrorOptions,
  ): CodedError<Name, Pick<Details, Code>>
  /** Every code of this class. */
  readonly codes: readonly (keyof Details & string)[]
  /** Whether a value is an error of this class, also when another copy of the package made it. */
  isInstance(error: unknown): error is CodedError<Name, Details>
}

/** The instance type of an error class: `type HubError = ErrorOf<typeof HubError>`. */
export type ErrorOf<Class> =
  Class extends ErrorClass<infer Name, infer Details> ? CodedError<Name, Details> : never

/** What marks the errors of a class, the same in every copy of a package. */
export const markerOf = (name: string): symbol => Symbol.for(`@tinystories/error/${name}`)

/**
 * Defines an error class whose instances carry a code from a closed union and details typed by that code; the
 * message is generated from them, so that nothing ever has to read a message.
 *
 * ```ts
 * interface Details { 'too-small': { size: number; smallest: number } }
 * export const VocabularyError: ErrorClass<'VocabularyError', Details> = defineError('VocabularyError', {
 *   'too-small': ({ size, smallest }) => ({
 *     problem: `A vocabulary of ${size} pieces cannot hold the alphabet.`,
 *     remedy: `Set vocabSize to at least ${smallest}.`,
 *   }),
 * })
 * export type VocabularyError = ErrorOf<typeof VocabularyError>
 * ```
 *
 * @param name name of the class, unique among all packages: `isInstance` goes by it
 * @param texts for each code the sentences made from its details
 */
export function defineError<Name extends string, Details>(
  name: Name,
  texts: NoInfer<ErrorTexts<Details>>,
): ErrorClass<Name, Details> {
  const marker = markerOf(name)

  class DefinedError extends Error {
    static readonly codes = Object.keys(texts)
    override readonly name = name
    readonly code: string
    readonly details: unknown
    readonly problem: string
    readonly remedy: string | undefined

    constructor(
      code: keyof Details & string,
      details: Details[keyof Details & string],
      options?: ErrorOptions,
    ) {
      const { problem, remedy } = texts[code](details)
      super(remedy === undefined ? problem : `${problem} ${remedy}`, options)
      Object.defineProperty(this, marker, { value: true })
      this.code = code
      this.details = details
      this.problem = problem
      this.remedy = remedy
    }

    static isInstance(error: unknown): boolean {
      return error instanceof Error && marker in error
    }
  }
  Object.defineProperty(DefinedError, 'name', { value: name })
  return DefinedError as unknown as ErrorClass<Name, Details>
}
