import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { parse } from '../../src/spec/parse.ts';
import { anApi } from '../unit/api/api.ts';
import { programMistake } from './program.ts';
import { type CodeBlock, codeBlocks, MANIFEST, PAGES, ROOT, read } from './repository.ts';
import { settingsOf } from './settings.ts';

const BLOCKS = PAGES.flatMap(codeBlocks);
const YAML = BLOCKS.filter(({ language }) => language === 'yaml');

function placeOf({ page, line }: CodeBlock): string {
  return `${page}:${line}`;
}

describe('the pages', () => {
  it('link to files and headings that are there', () => {
    const links = PAGES.flatMap((page) =>
      [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ page, target })),
    );
    expect(links.length).toBeGreaterThan(10);
    const broken = links.filter(({ target }) => !/^https?:/.test(target)).filter((link) => !resolves(link));
    expect(broken).toEqual([]);
  });

  it('name npm scripts that are there', () => {
    const named = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(([, script, short]) => script ?? short),
    );
    expect(named.filter((script) => !((script ?? '') in MANIFEST.scripts))).toEqual([]);
  });

  it('name HTTP routes that are in the OpenAPI document', async () => {
    const { app } = anApi();
    const { paths } = (await app.inject({ url: '/openapi.json' })).json<{ paths: Record<string, unknown> }>();
    const templates = [...Object.keys(paths), '/docs'].map(
      (path) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    );
    const named = PAGES.flatMap((page) => routesIn(read(page)).map((route) => ({ page, route })));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ route }) => !templates.some((template) => template.test(route)))).toEqual([]);
  });

  it('show commands of sluice that the program takes', () => {
    const commands = BLOCKS.filter(({ language }) => language === 'sh').flatMap((block) =>
      commandsIn(block.text).map((words) => ({ at: placeOf(block), words })),
    );
    expect(commands.length).toBeGreaterThan(5);
    expect(commands.flatMap(({ at, words }) => programMistake(words).map((mistake) => `${at}: ${mistake}`))).toEqual(
      [],
    );
  });
});

describe('the YAML on the pages', () => {
  const documents = YAML.filter(({ text }) => /^kind: FederatedIngress$/m.test(text));
  const settings = YAML.filter(({ text }) => text.startsWith('# sluice.yaml'));

  it('is there, and is YAML', () => {
    expect(documents.length).toBeGreaterThan(1);
    expect(settings.length).toBeGreaterThan(2);
    for (const block of YAML) expect(() => parseYaml(block.text), placeOf(block)).not.toThrow();
  });

  it.each(documents.map((block) => ({ where: placeOf(block), block })))(
    'at $where is a valid document',
    ({ block }) => {
      expect(parse(parseYaml(block.text))).toMatchObject({ kind: 'valid' });
    },
  );

  it.each(settings.map((block) => ({ where: placeOf(block), block })))(
    'at $where is a valid sluice.yaml',
    ({ block }) => {
      expect(settingsOf(block.text).zones).toMatchObject([{ name: 'example.test' }]);
    },
  );

  it('shows in docs/configuration.md what every setting is when it is left out', () => {
    const [least, whole] = settings.filter(({ page }) => page === 'docs/configuration.md').map(({ text }) => text);
    expect(settingsOf(whole ?? '')).toEqual(settingsOf(least ?? ''));
  });
});

function resolves({ page, target }: { readonly page: string; readonly target: string }): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || headings(file).includes(heading);
}

/** Headings as they are addressed: lower case, hyphens for spaces, without other signs. */
function headings(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^ *```.*?^ *```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
}

/** Paths below `/v1`, one for each word in braces, and the operational ones where they stand as code. */
function routesIn(text: string): readonly string[] {
  const resources = [...text.matchAll(/(?<=[\s`'"]|:\d+)\/v1\/[\w./{},-]+/g)].map(([path]) => path);
  const operational = [...text.matchAll(/`(\/(?:\w+z|docs|metrics|[\w.-]+\.json))`/g)].map(([, path = '']) => path);
  return [...resources.flatMap(unfold), ...operational];
}

/** `/a/{b,c}` is `/a/b` and `/a/c`; `{name}` stays. */
function unfold(path: string): readonly string[] {
  const match = /\{(\w+(?:,\w+)+)\}/.exec(path);
  const words = match?.[1]?.split(',') ?? [];
  return words.length === 0 ? [path.replace(/[.,]$/, '')] : words.map((word) => path.replace(match?.[0] ?? '', word));
}

/** The words of each `sluice ...` in a shell block, up to a comment, a pipe or the next command. */
function commandsIn(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^(?:[A-Z_]+=\S+ )*(?:npx )?sluice ([^#|&\n]*)/gm)].map(([, line = '']) =>
    [...line.matchAll(/'[^']*'|"[^"]*"|\S+/g)].map(([word]) => word.replaceAll(/^['"]|['"]$/g, '')),
  );
}
