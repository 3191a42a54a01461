import { describe, expect, it } from 'vitest';
import { parseDocuments, placeDocument } from '../../../src/cli/documents.ts';

describe('documents of a file', () => {
  it('reads one YAML document and calls it by its file', () => {
    expect(parseDocuments('a: 1\n', 'shop.yaml')).toEqual([{ value: { a: 1 }, source: 'shop.yaml' }]);
  });

  it('reads JSON', () => {
    expect(parseDocuments('{"a": [1, {"b": null}]}', 'shop.json')[0]?.value).toEqual({ a: [1, { b: null }] });
  });

  it('numbers several documents and skips empty ones', () => {
    const documents = parseDocuments('---\na: 1\n---\n# nothing here\n---\nb: 2\n', 'all.yaml');
    expect(documents).toEqual([
      { value: { a: 1 }, source: 'all.yaml, document 1' },
      { value: { b: 2 }, source: 'all.yaml, document 2' },
    ]);
  });

  it.each([
    { name: 'an empty file', content: '', says: 'shop.yaml holds no document' },
    { name: 'a key that comes twice', content: 'a: 1\na: 2\n', says: /shop\.yaml: Map keys must be unique at line 2/ },
    { name: 'broken YAML', content: 'a: [1\n', says: /shop\.yaml: .* at line 2, column 1/ },
    { name: 'an unknown alias', content: 'a: *b\n', says: /shop\.yaml: Unresolved alias/ },
    {
      name: 'aliases that explode',
      content: `a: &a [1,1,1,1,1,1,1,1,1,1]\n${'bcdefgh'.replaceAll(
        /./g,
        (key) =>
          `${key}: &${key} [${Array(9)
            .fill(`*${String.fromCodePoint((key.codePointAt(0) ?? 0) - 1)}`)
            .join(',')}]\n`,
      )}`,
      says: /shop\.yaml: Excessive alias count/,
    },
  ])('refuses $name', ({ content, says }) => {
    expect(() => parseDocuments(content, 'shop.yaml')).toThrow(says);
  });
});

describe('the namespace of a document', () => {
  const inProd = { value: { metadata: { name: 'shop', namespace: 'prod' } }, source: 'shop.yaml' };
  const nowhere = { value: { metadata: { name: 'shop' } }, source: 'shop.yaml' };

  it('is that of -n when the document names none', () => {
    expect(placeDocument(nowhere, 'prod').value).toEqual({ metadata: { name: 'shop', namespace: 'prod' } });
  });

  it('is its own without -n', () => {
    expect(placeDocument(inProd, undefined)).toBe(inProd);
    expect(placeDocument(nowhere, undefined)).toBe(nowhere);
  });

  it('may not differ from -n', () => {
    expect(placeDocument(inProd, 'prod')).toBe(inProd);
    expect(() => placeDocument(inProd, 'test')).toThrow(
      'the namespace in the document, "prod", is not the one of -n, "test"',
    );
  });

  it.each([[null], ['text'], [[]], [{ metadata: 'x' }]])('leaves %j for the server to refuse', (value) => {
    expect(placeDocument({ value, source: 'x' }, 'prod').value).toBe(value);
  });
});
