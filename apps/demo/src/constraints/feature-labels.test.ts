import { storyFeatures, storyVocabulary } from '@tinystories/dataset/synthesis'
import { featureTriggers } from '@tinystories/model/generation'
import { usesWord } from '@tinystories/utils/text'
import { expect, test } from 'vitest'

test('there is a trigger for each feature of the packages', () => {
  expect(Object.keys(featureTriggers).toSorted()).toEqual(Object.keys(storyFeatures).toSorted())
})

test('every word of the lists is found as it stands', async () => {
  const { verbs, nouns, adjectives } = await storyVocabulary()
  for (const word of [...verbs, ...nouns, ...adjectives])
    expect(usesWord(`Xyz, ${word} xyz.`, word)).toBe(true)
})
