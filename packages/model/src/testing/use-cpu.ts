import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '@tinystories/backends'

/** The plain backend with tfjs-core's own gradients, to which the hand-written ones are compared. */
export async function useCpu(): Promise<void> {
  registerGradients()
  // The backend's first operation advises to install another backend unless it is a test. Later operations must
  // not see the flag: with it tfjs takes tensors that a gradient saves for leaks.
  tf.env().set('IS_TEST', true)
  await tf.setBackend('cpu')
  await tf.ready()
  tf.zeros([1]).dispose()
  tf.env().set('IS_TEST', false)
}
