/** A story and what is known about how it came to be. */
export interface Story {
  /** The story itself, without surrounding white space; paragraphs as the source has them. */
  text: string
  /** Words the author was asked to use: verb, noun, adjective. */
  words?: string[]
  /** Features the author was asked for, such as `Dialogue` or `BadEnding`. */
  features?: string[]
  /** One or two sentences that tell what happens. */
  summary?: string
  /** A sentence that the author was asked to put into the story. */
  sentence?: string
  /** Who wrote it, such as `GPT-4`. */
  source?: string
  /** The request the story answers. */
  prompt?: string
}
