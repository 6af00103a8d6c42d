import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from '@tinystories/backends'

/** The plain backend with tfjs-core's own gradients, to which the hand-written ones are compared. */
export async function useCpu(): Promise<void> {
  // Spares the backend's advice to install another one.
  tf.env().set('IS_TEST', true)
  registerGradients()
  await tf.setBackend('cpu')
  await tf.ready()
}
