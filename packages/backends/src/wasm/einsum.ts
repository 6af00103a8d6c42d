import type { EinsumAttrs, KernelConfig, Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'

/** `Einsum` for one or two operands (all that tfjs allows) as sums, transpositions and one batched product. */
export function registerEinsum(): void {
  const config: KernelConfig = {
    kernelName: tf.Einsum,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { equation } = attrs as unknown as EinsumAttrs
      // The engine passes tensors, although the type says no more than that they describe some.
      return tf.tidy(() => einsum(equation, Object.values(inputs) as Tensor[]))
    },
  }
  tf.registerKernel(config)
}

function einsum(equation: string, operands: Tensor[]): Tensor {
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length)
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands)
  const [left, output] = equation.replaceAll(' ', '').split('->') as [string, string]
  const terms = left.split(',')
  if (operands.length === 1) return arrange(operands[0]!, terms[0]!, output)

  const [x, y] = operands as [Tensor, Tensor]
  const [labelsX, labelsY] = terms as [string, string]
  const only = (labels: string, test: (label: string) => boolean): string => [...labels].filter(test).join('')
  const batch = only(labelsX, l => labelsY.includes(l) && output.includes(l))
  const inner = only(labelsX, l => labelsY.includes(l) && !output.includes(l))
  const rows = only(labelsX, l => !labelsY.includes(l) && output.includes(l))
  const columns = only(labelsY, l => !labelsX.includes(l) && output.includes(l))
  const sizes = new Map([...labelsX].map((l, i) => [l, x.shape[i]!]))
  for (const [i, l] of [...labelsY].entries()) sizes.set(l, y.shape[i]!)
  const shape = (labels: string): number[] => [...labels].map(l => sizes.get(l)!)
  const count = (labels: string): number => tf.util.sizeFromShape(shape(labels))

  const matrixX = tf.reshape(arrange(x, labelsX, batch + rows + inner), [
    count(batch),
    count(rows),
    count(inner),
  ])
  const matrixY = tf.reshape(arrange(y, labelsY, batch + inner + columns), [
    count(batch),
    count(inner),
    count(columns),
  ])
  const product = tf.matMul(matrixX, matrixY)
  return arrange(tf.reshape(product, shape(batch + rows + columns)), batch + rows + columns, output)
}

/** Sums over the labels that `to` lacks and puts the rest in its order. */
function arrange(x: Tensor, from: string, to: string): Tensor {
  const summed = [...from].map((_, i) => i).filter(i => !to.includes(from[i]!))
  const rest = [...from].filter(l => to.includes(l))
  const reduced = summed.length > 0 ? tf.sum(x, summed) : x
  return tf.transpose(
    reduced,
    [...to].map(l => rest.indexOf(l)),
  )
}
