import type { OfflineCoefficients } from './offline-coefficients.ts'

/** Written by scripts/train-offline.ts from 450 human scores (TinyScaleLab, April 2025): run it again, do not edit. */
export const coefficients: Record<string, OfflineCoefficients> = {
  grammar: {
    features: [
      'length',
      'distinct2',
      'distinct4',
      'repeatedSentences',
      'openQuote',
      'openEnd',
      'newNames',
      'sentenceLength',
    ],
    means: [0.86677, 0.70656, 0.82721, 0.1334, 0.10667, 0.13333, 0.07743, 0.45269],
    deviations: [0.07801, 0.22872, 0.23513, 0.22085, 0.30869, 0.33993, 0.13683, 0.15912],
    weights: [-0.15751, 0.688, 0.74865, -0.12503, 0.35065, -0.56304, -0.42317, -0.02936],
    thresholds: [-5.53186, -0.66491, 0.81114],
    levels: [0.25, 0.5, 0.75, 1],
    validity: {
      items: 75,
      spearman: {
        value: 0.7,
        interval: [0.55, 0.79],
      },
      kappa: {
        value: 0.6,
        interval: [0.44, 0.72],
      },
      acrossModels: {
        value: 0.53,
        interval: [0.32, 0.69],
      },
      lengthAlone: 0.28,
      lengthAloneAcrossModels: 0.4,
    },
  },
  creativity: {
    features: [
      'length',
      'distinct1',
      'distinct2',
      'distinct4',
      'fromPrompt',
      'newNames',
      'speech',
      'sentenceVariety',
    ],
    means: [0.88145, 0.46612, 0.71316, 0.84803, 0.14406, 0.06065, 0.3145, 0.43669],
    deviations: [0.07149, 0.13245, 0.1999, 0.21817, 0.07784, 0.14136, 0.24219, 0.13605],
    weights: [0.48135, -0.13678, 0.21786, 0.35086, -0.38899, -0.03388, -0.12854, 0.02138],
    thresholds: [-0.89967, 1.67135, 2.96352, 3.95123],
    levels: [0, 0.25, 0.5, 0.75, 1],
    validity: {
      items: 75,
      spearman: {
        value: 0.28,
        interval: [0.09, 0.48],
      },
      kappa: {
        value: 0.18,
        interval: [0.04, 0.32],
      },
      acrossModels: {
        value: 0.3,
        interval: [0.07, 0.52],
      },
      lengthAlone: 0.18,
      lengthAloneAcrossModels: 0.21,
    },
  },
  consistency: {
    features: [
      'length',
      'distinct2',
      'distinct4',
      'repeatedSentences',
      'promptKept',
      'fromPrompt',
      'newNames',
      'openQuote',
    ],
    means: [0.86801, 0.71973, 0.82652, 0.1202, 0.2341, 0.19305, 0.06555, 0.06667],
    deviations: [0.07339, 0.23447, 0.22913, 0.20483, 0.12978, 0.11915, 0.13152, 0.24944],
    weights: [-0.05651, 0.69566, 0.23853, -0.11432, 0.30579, 0.59649, -0.17409, -0.25899],
    thresholds: [-2.0913, -0.06629, 1.2632, 2.59826],
    levels: [0, 0.25, 0.5, 0.75, 1],
    validity: {
      items: 75,
      spearman: {
        value: 0.59,
        interval: [0.4, 0.74],
      },
      kappa: {
        value: 0.43,
        interval: [0.26, 0.59],
      },
      acrossModels: {
        value: 0.44,
        interval: [0.14, 0.67],
      },
      lengthAlone: 0.21,
      lengthAloneAcrossModels: 0.36,
    },
  },
  plot: {
    features: [
      'length',
      'distinct2',
      'distinct4',
      'repeatedSentences',
      'promptKept',
      'newNames',
      'openEnd',
      'sentenceVariety',
    ],
    means: [0.86413, 0.72613, 0.85477, 0.10455, 0.25124, 0.0484, 0.05333, 0.42209],
    deviations: [0.06552, 0.20744, 0.21442, 0.19493, 0.11805, 0.12579, 0.2247, 0.14257],
    weights: [0.41344, 0.37356, 0.6235, -0.39868, 0.41385, -0.30166, -0.4675, -0.12518],
    thresholds: [-1.98292, 0.25582, 1.41594, 2.77863],
    levels: [0, 0.25, 0.5, 0.75, 1],
    validity: {
      items: 75,
      spearman: {
        value: 0.59,
        interval: [0.46, 0.71],
      },
      kappa: {
        value: 0.51,
        interval: [0.37, 0.63],
      },
      acrossModels: {
        value: 0.06,
        interval: [-0.19, 0.31],
      },
      lengthAlone: 0,
      lengthAloneAcrossModels: 0.06,
    },
  },
}
