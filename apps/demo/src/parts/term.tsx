import { useId } from 'preact/hooks'

const explanations = {
  token:
    'A token is a piece of text that the model reads and writes: a word, a part of one, or a punctuation mark.',
  sampling:
    'The model gives every token of its vocabulary a probability and draws one. Temperature below 1 favors likely tokens; at 0 the likeliest is always taken. Top-p draws only from the likeliest tokens that together have this probability. The same seed draws the same story.',
  'bits per byte':
    'How many bits the model needs per byte of text it has not seen: the negative base-2 logarithm of the probability it gives the text, divided by its bytes. Lower is better, and models with different vocabularies can be compared.',
  head: 'An attention head decides how much each token takes from the tokens before it. A layer has several heads, each with a pattern of its own.',
  ablation:
    'Ablation sets the output of a part of the model to zero. What then changes shows what the part does.',
  neuron:
    'A neuron is one number of the hidden layer of an MLP. It is active on some tokens and not on others; the tokens with the highest activations show what it responds to.',
  judge:
    'A judge is a large language model that reads a prompt and its completion, writes an assessment, and gives scores, as in the TinyStories paper.',
} as const

/** A "?" that explains a term of the field. */
export function Term({ name }: { name: keyof typeof explanations }) {
  const id = useId()
  return (
    <>
      <button type="button" class="help" popovertarget={id} aria-label={`What is ${name}?`}>
        ?
      </button>
      <span id={id} popover="auto" class="explanation" role="note">
        {explanations[name]}
      </span>
    </>
  )
}
