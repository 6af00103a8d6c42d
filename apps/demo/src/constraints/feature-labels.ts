import { storyFeatures } from '@tinystories/dataset/synthesis'
import { featureTriggers } from '@tinystories/model/generation'

const labels: Record<string, string> = { BadEnding: 'Bad ending', MoralValue: 'Moral' }

/** A feature that can be asked for. */
export interface FeatureLabel {
  label: string
  /** What the feature is. */
  hint: string
}

/** By the names that the packages have for features, in the order in which they come in a story. */
export const featureLabels: ReadonlyMap<string, FeatureLabel> = new Map(
  Object.keys(featureTriggers).map(name => [
    name,
    { label: labels[name] ?? name, hint: storyFeatures[name]! },
  ]),
)
