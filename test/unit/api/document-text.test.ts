import { describe, expect, it } from 'vitest';
import { parseDocumentText } from '../../../src/api/body/document-text.ts';
import { cpuTime } from '../../support/cpu-time.ts';

describe('the text of a document', () => {
  it.each([
    ['YAML', 'yaml', 'a: 1\nb: [x, "y"]\n', { a: 1, b: ['x', 'y'] }],
    ['JSON', 'json', '{"a": 1, "b": ["x", "y"]}', { a: 1, b: ['x', 'y'] }],
    ['a few aliases', 'yaml', 'a: &a {x: 1}\nb: *a\n', { a: { x: 1 }, b: { x: 1 } }],
    ['a comment before the document', 'yaml', '# hello\n---\na: 1\n', { a: 1 }],
    ['YAML 1.2 words: no and on are strings', 'yaml', 'a: no\nb: on\n', { a: 'no', b: 'on' }],
  ] as const)('reads %s', (_, format, source, value) => {
    expect(parseDocumentText(source, format)).toEqual({ kind: 'valid', value });
  });

  it.each([
    ['a list that is not closed', 'yaml', 'a: 1\nb: [x', /line 2, column/],
    ['a map in one line', 'yaml', 'a: 1\nb: c: d', /line 2, column 4/],
    ['the same key twice', 'yaml', 'a: 1\nb: 2\na: 3', /unique, line 3, column 1/],
    ['a tag that nobody knows', 'yaml', 'a: !vault x', /Unresolved tag: !vault, line 1, column 4/],
    ['a tab as indentation', 'yaml', 'a:\n\tb: 1', /line 2/],
    ['two documents', 'yaml', 'a: 1\n---\nb: 2', /more than one YAML document, line 2/],
    ['an alias without its anchor', 'yaml', 'a: *x', /x/],
    ['an object as a key', 'yaml', '{ {a: 1}: b }', /keys must be strings/i],
    ['JSON with a comma too many', 'json', '{"a": 1,}', /line 1 column 9/],
    ['JSON that ends too early', 'json', '{"a": [', /not JSON/],
    ['__proto__ in JSON', 'json', '{"a": {"__proto__": {"x": 1}}}', /may not have this name/],
    ['constructor in YAML', 'yaml', 'constructor: {prototype: 1}', /may not have this name/],
  ] as const)('says where the fault is: %s', (_, format, source, message) => {
    const parsed = parseDocumentText(source, format);
    expect(parsed.kind === 'invalid' && parsed.issues[0]?.message).toMatch(message);
  });

  // 256 KiB of each keeps the yaml package busy for seconds or for ever when it is let loose on it.
  const size = 256 * 1024;
  const fill = (text: string) => text.repeat(Math.floor(size / text.length));
  it.each([
    ['lists in lists, JSON', 'json', fill('[')],
    ['lists in lists, closed, JSON', 'json', '['.repeat(5_000) + ']'.repeat(5_000)],
    ['lists in lists, YAML', 'yaml', fill('[')],
    ['block lists in block lists', 'yaml', fill('- ')],
    ['keys in keys', 'yaml', fill('? ')],
    ['maps as keys of maps', 'yaml', fill('{')],
    ['lists and keys in turn', 'yaml', fill('- ? ')],
    ['thousands of errors', 'yaml', `[${fill(',')}`],
    ['thousands of anchors', 'yaml', fill('&a ')],
    ['thousands of keys', 'yaml', Array.from({ length: 20_000 }, (_, i) => `k${i}: v`).join('\n')],
    ['thousands of documents', 'yaml', fill('--- a\n')],
    ['levels deeper at each line', 'yaml', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['an anchor that holds itself', 'yaml', 'a: &a [*a]'],
    [
      'a billion laughs',
      'yaml',
      `a0: &a0 [x, x]\n${Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`).join('\n')}`,
    ],
  ] as const)('refuses in bounded time: %s', (_, format, source) => {
    const begun = cpuTime();
    expect(parseDocumentText(source, format).kind).toBe('invalid');
    expect(cpuTime() - begun).toBeLessThan(6_000);
  });
});
