import { hashText } from '../hash.ts'

/**
 * Tags around a text that the text cannot contain, so that it cannot pretend to have ended. The same text always gets
 * the same tags, so that a request can be cached.
 *
 * @param texts all texts that will stand between such tags
 */
export function fenceFor(...texts: string[]): (name: string, text: string) => string {
  const all = texts.join('\n')
  let tag = ''
  for (let i = 0; tag === '' || all.includes(tag); i++) tag = hashText(`${i}\n${all}`, 10)
  return (name, text) => `<${name} ${tag}>\n${text}\n</${name} ${tag}>`
}
