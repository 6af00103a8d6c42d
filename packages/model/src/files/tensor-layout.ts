import type { GptConfig } from '../config.ts'
import { parameterShapes } from '../parameters.ts'

/** Names as transformers' GPT2LMHeadModel or GPTNeoForCausalLM has them. */
export type TensorNaming = 'gpt2' | 'gpt_neo'

/** How a linear map lies in the file: GPT-2's Conv1D has `[in, out]`, torch.nn.Linear `[out, in]`. */
export type LinearLayout = 'in-out' | 'out-in'

/** One tensor of a file and the part of our parameter that it holds. */
export interface FileTensor {
  name: string
  shape: number[]
  /** Our parameter's name. */
  parameter: string
  /** Our columns `[from, from + columns)` are in this tensor. */
  from: number
  columns: number
  transposed: boolean
}

/** The tensors that a file of this model has, in the order they are written. */
export function tensorLayout(config: GptConfig, naming: TensorNaming, linear: LinearLayout): FileTensor[] {
  return Object.entries(parameterShapes(config)).flatMap(([parameter, shape]) => {
    const columns = shape.at(-1)!
    const isLinear = shape.length === 2 && parameter.startsWith('layers.')
    const names = fileNames(parameter, naming)
    return names.map((name, i) => {
      const share = columns / names.length
      const transposed = isLinear && linear === 'out-in'
      const part = [...shape.slice(0, -1), share]
      return {
        name,
        shape: transposed ? part.reverse() : part,
        parameter,
        from: i * share,
        columns: share,
        transposed,
      }
    })
  })
}

/** Copies a file tensor's values into their place in our parameter of `width` columns. */
export function copyIn(
  tensor: FileTensor,
  values: Float32Array,
  parameter: Float32Array,
  width: number,
): void {
  eachElement(tensor, values.length, width, (inFile, inParameter) => {
    parameter[inParameter] = values[inFile]!
  })
}

/** The values of a file tensor, taken from our parameter of `width` columns. */
export function copyOut(tensor: FileTensor, parameter: Float32Array, width: number): Float32Array {
  if (tensor.columns === width && !tensor.transposed) return parameter
  const values = new Float32Array(tensor.shape.reduce((product, size) => product * size, 1))
  eachElement(tensor, values.length, width, (inFile, inParameter) => {
    values[inFile] = parameter[inParameter]!
  })
  return values
}

function eachElement(
  { from, columns, transposed }: FileTensor,
  size: number,
  width: number,
  visit: (inFile: number, inParameter: number) => void,
): void {
  const rows = size / columns
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      visit(transposed ? column * rows + row : row * columns + column, row * width + from + column)
    }
  }
}

const shared: Record<string, string> = {
  'embedding.token': 'transformer.wte.weight',
  'embedding.position': 'transformer.wpe.weight',
  'finalNorm.scale': 'transformer.ln_f.weight',
  'finalNorm.bias': 'transformer.ln_f.bias',
  'head.weight': 'lm_head.weight',
}

const inBlock: Record<TensorNaming, Record<string, string[]>> = {
  gpt2: {
    'attention.norm': ['ln_1'],
    'attention.qkv': ['attn.c_attn'],
    'attention.output': ['attn.c_proj'],
    'mlp.norm': ['ln_2'],
    'mlp.up': ['mlp.c_fc'],
    'mlp.down': ['mlp.c_proj'],
  },
  gpt_neo: {
    'attention.norm': ['ln_1'],
    'attention.qkv': ['attn.attention.q_proj', 'attn.attention.k_proj', 'attn.attention.v_proj'],
    'attention.output': ['attn.attention.out_proj'],
    'mlp.norm': ['ln_2'],
    'mlp.up': ['mlp.c_fc'],
    'mlp.down': ['mlp.c_proj'],
  },
}

function fileNames(parameter: string, naming: TensorNaming): string[] {
  if (shared[parameter]) return [shared[parameter]]
  const [, layer, part, kind] = /^layers\.(\d+)\.(.+)\.(weight|scale|bias)$/.exec(parameter)!
  return inBlock[naming][part!]!.map(
    name => `transformer.h.${layer}.${name}.${kind === 'bias' ? 'bias' : 'weight'}`,
  )
}
