import { type GptConfig, sizesOf } from '../config.ts'
import { parameterShapes } from '../parameters.ts'

/** Names as transformers' GPT2LMHeadModel, GPTNeoForCausalLM or LlamaForCausalLM (and Qwen3ForCausalLM) has them. */
export type TensorNaming = 'gpt2' | 'gpt_neo' | 'llama'

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
    let from = 0
    return shares(config, columns, names.length).map((share, i) => {
      const transposed = isLinear && linear === 'out-in'
      const part = [...shape.slice(0, -1), share]
      const tensor = { parameter, from, columns: share, transposed }
      from += share
      return { name: names[i]!, shape: transposed ? part.reverse() : part, ...tensor }
    })
  })
}

/** The columns of each file tensor that a parameter goes into: queries may be more than keys and values. */
function shares(config: GptConfig, columns: number, count: number): number[] {
  const { keyValueSize } = sizesOf(config)
  if (count === 3) return [config.hiddenSize, keyValueSize, keyValueSize]
  return Array.from({ length: count }, () => columns / count)
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

/** What stands before the names of all tensors but the head. */
export function prefixOf(naming: TensorNaming): string {
  return naming === 'llama' ? 'model.' : 'transformer.'
}

/** The file's name of the token embedding. */
export function embeddingName(naming: TensorNaming): string {
  return fileNames('embedding.token', naming)[0]!
}

const ofGpt: Record<string, string> = {
  'embedding.token': 'transformer.wte.weight',
  'embedding.position': 'transformer.wpe.weight',
  'embedding.bigram': 'transformer.bigrams.weight',
  'embedding.value': 'transformer.values.weight',
  'finalNorm.scale': 'transformer.ln_f.weight',
  'finalNorm.bias': 'transformer.ln_f.bias',
  'head.weight': 'lm_head.weight',
}

const outside: Record<TensorNaming, Record<string, string>> = {
  gpt2: ofGpt,
  gpt_neo: ofGpt,
  llama: {
    'embedding.token': 'model.embed_tokens.weight',
    'finalNorm.scale': 'model.norm.weight',
    'head.weight': 'lm_head.weight',
  },
}

const inBlock: Record<TensorNaming, Record<string, string[]>> = {
  gpt2: {
    'attention.norm': ['ln_1'],
    'attention.qkv': ['attn.c_attn'],
    'attention.queryNorm': ['attn.q_norm'],
    'attention.keyNorm': ['attn.k_norm'],
    'attention.valueMix': ['attn.value_mix'],
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
  llama: {
    'attention.norm': ['input_layernorm'],
    'attention.qkv': ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
    'attention.queryNorm': ['self_attn.q_norm'],
    'attention.keyNorm': ['self_attn.k_norm'],
    'attention.output': ['self_attn.o_proj'],
    'mlp.norm': ['post_attention_layernorm'],
    'mlp.up': ['mlp.gate_proj', 'mlp.up_proj'],
    'mlp.down': ['mlp.down_proj'],
  },
}

function fileNames(parameter: string, naming: TensorNaming): string[] {
  const name = outside[naming][parameter]
  if (name) return [name]
  const [, layer, part, kind] = /^layers\.(\d+)\.(.+)\.(weight|scale|bias)$/.exec(parameter)!
  const block = `${prefixOf(naming)}${naming === 'llama' ? 'layers' : 'h'}.${layer}`
  return inBlock[naming][part!]!.map(name => `${block}.${name}.${kind === 'bias' ? 'bias' : 'weight'}`)
}
