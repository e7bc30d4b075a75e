import type { Contribution } from '../manifest/contribution';

export const contribution = {
  settings: {
    keyMetric: {
      type: 'string',
      default: '',
      scope: 'window',
      order: 6,
      markdownDescription:
        'The metric shown for each run in the Runs view, such as `val_acc`. If empty, the first one found of `val_acc`, `val/acc`, `accuracy`, `val_loss`, `val/loss`, `loss`, … is shown.',
    },
  },
  colors: {
    'xtrack.series1': {
      description: 'Color 1 for runs in the Runs view and in charts.',
      light: '#0072B2',
      dark: '#3D8FD6',
      highContrast: '#3D8FD6',
      highContrastLight: '#00598A',
    },
    'xtrack.series2': {
      description: 'Color 2 for runs in the Runs view and in charts.',
      light: '#B36B00',
      dark: '#E69F00',
      highContrast: '#E69F00',
      highContrastLight: '#8A5200',
    },
    'xtrack.series3': {
      description: 'Color 3 for runs in the Runs view and in charts.',
      light: '#00825F',
      dark: '#1FB58A',
      highContrast: '#1FB58A',
      highContrastLight: '#006348',
    },
    'xtrack.series4': {
      description: 'Color 4 for runs in the Runs view and in charts.',
      light: '#C85400',
      dark: '#F0703A',
      highContrast: '#F0703A',
      highContrastLight: '#A04300',
    },
    'xtrack.series5': {
      description: 'Color 5 for runs in the Runs view and in charts.',
      light: '#A8457F',
      dark: '#D98CBB',
      highContrast: '#D98CBB',
      highContrastLight: '#8A2F66',
    },
    'xtrack.series6': {
      description: 'Color 6 for runs in the Runs view and in charts.',
      light: '#2A84B8',
      dark: '#7CCBF5',
      highContrast: '#7CCBF5',
      highContrastLight: '#1F6A96',
    },
    'xtrack.series7': {
      description: 'Color 7 for runs in the Runs view and in charts.',
      light: '#857800',
      dark: '#E8DC4A',
      highContrast: '#E8DC4A',
      highContrastLight: '#665C00',
    },
    'xtrack.series8': {
      description: 'Color 8 for runs in the Runs view and in charts.',
      light: '#666666',
      dark: '#B0B0B0',
      highContrast: '#B0B0B0',
      highContrastLight: '#505050',
    },
    'xtrack.series9': {
      description: 'Color 9 for runs in the Runs view and in charts.',
      light: '#7A4B1F',
      dark: '#B98A5E',
      highContrast: '#B98A5E',
      highContrastLight: '#643A14',
    },
    'xtrack.series10': {
      description: 'Color 10 for runs in the Runs view and in charts.',
      light: '#5B4BB7',
      dark: '#9D8DF1',
      highContrast: '#9D8DF1',
      highContrastLight: '#4A3BA0',
    },
  },
} as const satisfies Contribution;
