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
  'logit lens':
    'The last step of the model, which turns its state into a prediction, is applied after every layer. This shows how the prediction forms: early layers predict what often follows, later ones what fits the story.',
  neuron:
    'A neuron is one number of the hidden layer of an MLP. It is active on some tokens and not on others; the tokens with the highest activations show what it responds to.',
  judge:
    'A judge is a large language model that reads a prompt and its completion, writes an assessment, and gives scores, as in the TinyStories paper.',
  parameters:
    'Parameters are the numbers that training adjusts. A model is a fixed computation with such numbers. The paper trained models of 1 to 80 million; large language models have hundreds of billions.',
  'held-out stories':
    'Stories that are kept aside and never trained on. Only they show what a model has learned and not merely memorized.',
  layer:
    'A layer reads all tokens so far and adds what it found to each of them: first attention, which takes information from other tokens, then an MLP, which works on each token alone. A model is a stack of layers.',
  width:
    'The width, or hidden size, is how many numbers stand for a token inside the model. More width is more room for facts at each step; more layers are more steps.',
  instructions:
    'Each story is trained on with an instruction before it: some of its words, and features such as dialogue. The loss counts the story alone. Afterwards the model can be asked for words and features.',
  probe:
    'A probe is a pair of endings, one right and one wrong, for one prompt, such as "The dogs" with "are" or "is". A model passes when it gives the right one the higher probability. This needs no judge, and tells even very small models apart.',
  interval:
    'A 95 % interval: if the study were repeated with other items, the true share would lie in such an interval 95 times in 100. Where two intervals overlap widely, the difference may be chance.',
  attention:
    'Attention is how a token uses the tokens before it. Each head gives every earlier token a weight and takes a weighted average of what they offer.',
  'query and key':
    'A query is what a token looks for, a key what a token offers; each is a short list of numbers that the head computes. The more the query of a token and the key of an earlier one agree, the more the token attends to it.',
  'top-p':
    'Draws only from the likeliest tokens that together have this probability, so that very unlikely ones are never drawn.',
  'age group':
    'The judge also guesses how old a writer of such a text would be, from 3 or under to 13-16 years.',
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
