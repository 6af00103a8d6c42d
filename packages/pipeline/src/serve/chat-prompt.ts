import type { InstructTemplate } from '@tinystories/dataset/instruct'
import { writeInstruction } from '../write-instruction.ts'
import { ApiError } from './api-error.ts'
import type { ChatMessage } from './request-schemas.ts'

/**
 * A conversation as a model of instructions knows one: a question and its answer. The last message of the user is the
 * instruction, and a message of the assistant after it begins the story; what came before is not seen, since nothing like
 * it was in the training.
 *
 * A message that is written in the fields of the template (`Words: …`) goes in as it is; any other one is what should happen
 * in the story.
 *
 * @throws ApiError where no message is the user's
 */
export function chatPrompt(messages: readonly ChatMessage[], template: InstructTemplate): string {
  const last = messages.findLastIndex(({ role }) => role === 'user')
  if (last < 0)
    throw new ApiError("Invalid 'messages': expected at least one of the user.", { param: 'messages' })
  const start = messages.slice(last + 1).map(({ content }) => textOf(content))
  return instructionOf(textOf(messages[last]!.content).trim(), template) + start.join('')
}

function instructionOf(asked: string, template: InstructTemplate): string {
  const { fields, text } = template
  const labels = Object.values(fields).map(field => field.split('{value}')[0]!.trimEnd())
  const inFields = labels.some(label => label !== '' && asked.startsWith(label))
  if (!inFields && fields.summary !== undefined) return writeInstruction({ summary: asked }, template)
  // A function: `$&` in a message is no pattern. The story's place is at the end.
  return text.slice(0, -'{story}'.length).replace('{fields}', () => asked)
}

function textOf(content: ChatMessage['content']): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}
