import { expect, it } from 'vitest';
import { z } from 'zod';
import { anApi, tokenAuth } from './api.ts';

const operation = z.object({
  operationId: z.string(),
  summary: z.string().min(3),
  description: z.string().min(10),
  tags: z.array(z.string()).length(1),
  parameters: z
    .array(
      z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema: z.looseObject({}) }),
    )
    .optional(),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: z.looseObject({}) })) }).optional(),
  responses: z.record(
    z.string().regex(/^\d{3}$/),
    z.object({ description: z.string().min(3), content: z.record(z.string(), z.object({})) }),
  ),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
});

const openApi = z.object({
  openapi: z.literal('3.1.0'),
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  paths: z.record(z.string().startsWith('/'), z.partialRecord(z.enum(['get', 'put', 'post', 'delete']), operation)),
  components: z.object({
    schemas: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.object({ token: z.object({}) }),
  }),
});

it('describes every route with summary, description, parameters and errors', async () => {
  const { app } = anApi();
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) if (each !== 'HEAD') routes.push(`${each.toLowerCase()} ${url}`);
  });
  const { body } = await app.inject({ url: '/openapi.json' });
  const { paths } = openApi.parse(JSON.parse(body));
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const forPeople = (route: string) => route === 'get /' || route.startsWith('get /docs');
  expect(described.sort()).toEqual(routes.filter((route) => !forPeople(route)).sort());
  for (const [path, methods] of Object.entries(paths)) {
    for (const { parameters = [], responses } of Object.values(methods)) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect(inPath.sort(), path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name).sort());
      if (path.startsWith('/v1'))
        expect(Object.keys(responses), path).toEqual(expect.arrayContaining(['401', '403', '503']));
    }
  }
});

it('refers only to components that are there, and has none that nothing refers to', async () => {
  const { app } = anApi();
  const { body } = await app.inject({ url: '/openapi.json' });
  const used = new Set([...body.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name));
  const { components } = openApi.parse(JSON.parse(body));
  expect([...used].sort()).toEqual(Object.keys(components.schemas).sort());
  expect(body.match(/"\$ref":"(?!#\/components\/)/)).toBeNull();
});

it('has the document of spec as the body of PUT, strict and with its limits', async () => {
  const { app } = anApi();
  const document = openApi.parse((await app.inject({ url: '/openapi.json' })).json());
  const body = document.paths['/v1/federatedingresses/{namespace}/{name}']?.put?.requestBody?.content;
  expect(Object.keys(body ?? {})).toEqual(['application/json', 'application/yaml']);
  expect(body?.['application/yaml']).toEqual({ schema: { $ref: '#/components/schemas/FederatedIngress' } });
  expect(document.components.schemas['FederatedIngress']).toMatchObject({
    additionalProperties: false,
    properties: { spec: { properties: { backends: { maxItems: 256 } } } },
  });
});

it('asks for a token only where one is needed', async () => {
  const { app } = anApi({ auth: tokenAuth });
  const { paths } = openApi.parse((await app.inject({ url: '/openapi.json' })).json());
  expect(paths['/healthz']?.get?.security).toEqual([]);
  expect(paths['/metrics']?.get?.security).toBeUndefined();
});

it('shows the description on a page of its own name, without the bar of the tool that draws it', async () => {
  const { app } = anApi();
  const page = await app.inject({ url: '/docs/' });
  expect(page.body).toContain('<title>Sluice: HTTP API</title>');
  const [, style = ''] = /href="\.\/(static\/theme\/[^"]+)"/.exec(page.body) ?? [];
  expect((await app.inject({ url: `/docs/${style}` })).body).toContain('.topbar { display: none }');
});
