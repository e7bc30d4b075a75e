import { expect, test } from 'vitest';
import { shortName } from '../../../../src/domain/format';
import { betterOf, keyMetricOf } from '../../../../src/domain/metric/keyMetric';

test.each([
  [['loss', 'val_acc'], '', 'val_acc'],
  [['loss', 'val_acc'], 'loss', 'loss'],
  [['system/cpu', 'b', 'a'], '', 'b'],
  [['x', 'top1_acc'], 'absent', 'top1_acc'],
  [['system/cpu'], '', undefined],
])('of %j with %j chosen, %s stands for the run', (keys, chosen, expected) => {
  expect(keyMetricOf(keys, chosen)).toBe(expected);
});

test('no value counts as best for a metric whose name gives no direction', () => {
  expect(['val/loss', 'top1_acc', 'train/m0'].map(betterOf)).toEqual(['less', 'more', null]);
});

test('a long name is shortened in the middle', () => {
  expect(shortName('resnet50_imagenet_lr0.1_seed_07', 15)).toBe('resnet5…seed_07');
  expect(shortName('short', 15)).toBe('short');
  expect(shortName('left\u202eright', 15)).toBe('leftright');
});
