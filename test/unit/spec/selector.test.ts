import { expect, it } from 'vitest';
import { selects } from '../../../src/spec/selector.ts';
import type { LabelExpression, LabelSelector } from '../../../src/spec/types.ts';

const labels = { region: 'eu', env: 'prod' };

const by = (key: string, operator: LabelExpression['operator'], ...values: readonly string[]): LabelSelector => ({
  matchLabels: {},
  matchExpressions: [{ key, operator, values }],
});

it.each<[boolean, LabelSelector]>([
  [true, { matchLabels: {}, matchExpressions: [] }],
  [true, { matchLabels: { region: 'eu' }, matchExpressions: [] }],
  [false, { matchLabels: { region: 'us' }, matchExpressions: [] }],
  [false, { matchLabels: { region: 'eu', size: 'big' }, matchExpressions: [] }],
  [false, { matchLabels: { constructor: '' }, matchExpressions: [] }],
  [true, by('env', 'In', 'test', 'prod')],
  [false, by('env', 'In', 'test')],
  [false, by('size', 'In', 'big')],
  [false, by('env', 'NotIn', 'prod')],
  [true, by('env', 'NotIn', 'test')],
  [true, by('size', 'NotIn', 'big')],
  [true, by('env', 'Exists')],
  [false, by('size', 'Exists')],
  [false, by('toString', 'Exists')],
  [false, by('env', 'DoesNotExist')],
  [true, by('size', 'DoesNotExist')],
  [false, { matchLabels: { region: 'eu' }, matchExpressions: by('env', 'In', 'test').matchExpressions }],
])('is %s that a cluster with region=eu and env=prod is selected by %j', (expected, selector) => {
  expect(selects(selector, labels)).toBe(expected);
});
