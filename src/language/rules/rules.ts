import { metricNotANumber } from './metricNotANumber';
import type { Rule } from './rule';

export const RULES: readonly Rule[] = [metricNotANumber];
