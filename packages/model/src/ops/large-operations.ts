import * as tf from '@tensorflow/tfjs-core'

/**
 * Whether few large operations are wanted rather than many that fit a cache: a function that is compiled for a graphics
 * card, where each operation's launch costs more than its memory.
 */
export function largeOperations(): boolean {
  return (tf.backend() as { largeOperations?: boolean }).largeOperations === true
}
