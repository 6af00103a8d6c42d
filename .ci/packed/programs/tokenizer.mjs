import { createTokenizer, loadTokenizer, trainTokenizer } from '@tinystories/tokenizer'

export default async function run({ isPage }) {
  const wordPiece = createTokenizer(['[UNK]', 'once', 'upon', 'a', 'time', '##s'])
  const text = 'Tom had a kite.\n\n"Look!" said Tom.'
  const trained = await trainTokenizer([text], { vocabSize: 300 })
  const [{ ids }] = await trained.encodeBatch([text])
  const refused = await loadTokenizer('nowhere/tokenizer.json').catch(error => error.code)
  return [
    wordPiece.encode('Once upon a times').tokens.join(' '),
    trained.decode(ids) === text,
    refused === (isPage ? 'needs-node' : 'not-found'),
  ]
}
export const expected = ['once upon a time ##s', true, true]
