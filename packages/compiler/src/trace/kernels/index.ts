import { refuseTheRest } from '../kernel.ts'
import { translateArithmetic } from './arithmetic.ts'
import { translateAttention } from './attention.ts'
import { translateComparison } from './comparison.ts'
import { translateComplex } from './complex.ts'
import { translateElementwise } from './elementwise.ts'
import { translateImages } from './images/index.ts'
import { translateIndexing } from './indexing.ts'
import { translateProduct } from './product.ts'
import { translateReduction } from './reduction.ts'
import { translateSearching } from './searching.ts'
import { translateShape } from './shape.ts'
import { translateSparse } from './sparse.ts'

let done = false

/** Registers all translations with tfjs, once; they have no effect until a tracing backend is current. */
export function registerTranslations(): void {
  if (done) return
  done = true
  translateArithmetic()
  translateComparison()
  translateElementwise()
  translateReduction()
  translateShape()
  translateIndexing()
  translateProduct()
  translateAttention()
  translateImages()
  translateComplex()
  translateSearching()
  translateSparse()
  refuseTheRest()
}
