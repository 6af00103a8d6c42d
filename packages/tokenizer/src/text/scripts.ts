/** Stands for a character that belongs to any script. */
export const ANY_SCRIPT = 'Any'
export function scriptOf(character: string): string {
  return character === ' ' ? ANY_SCRIPT : 'x'
}
