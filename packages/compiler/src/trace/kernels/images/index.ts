import { translateChannels } from './channels.ts'
import { translateConvolution } from './convolution.ts'
import { translatePooling } from './pooling.ts'
import { translateResize } from './resize.ts'
import { translateSampling } from './sampling.ts'

/** Kernels on images and volumes. */
export function translateImages(): void {
  translateConvolution()
  translatePooling()
  translateResize()
  translateSampling()
  translateChannels()
}
