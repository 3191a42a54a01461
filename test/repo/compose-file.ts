import { parse as parseYaml } from 'yaml';
import * as z from 'zod';
import { read } from './repository.ts';

/** What the tests look at; whether the rest is right, the schema of the Compose Specification says. */
const serviceSchema = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).default([]),
  entrypoint: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  restart: z.string(),
});

const composeSchema = z.looseObject({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

/** docker-compose.yml as it is written. */
export const COMPOSE_DOCUMENT: unknown = parseYaml(read('docker-compose.yml'));

export const COMPOSE = composeSchema.parse(COMPOSE_DOCUMENT);

/** The service that is ours. */
export const SLUICE = serviceSchema.parse(COMPOSE.services['sluice']);

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly mode: string;
}

/** `./here:/there:ro` */
export function mountOf(volume: string): Mount {
  const [source = '', target = '', mode = 'rw'] = volume.split(':');
  return { source, target, mode };
}
