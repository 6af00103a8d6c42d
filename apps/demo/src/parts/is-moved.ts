/** Whether the visitor moved the mouse, and not the page under it. */
export function isMoved({ pointerType, movementX, movementY }: PointerEvent): boolean {
  return pointerType === 'mouse' && (movementX !== 0 || movementY !== 0)
}
