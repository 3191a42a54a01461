import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../lib/duration.ts';

const PREFIX = 'federatedingress/';
const MOST_WORKERS = 64;

/** `shop`, or `federatedingress/shop` as `-o name` prints it. */
export function parseName(value: string): string {
  const name = value.startsWith(PREFIX) ? value.slice(PREFIX.length) : value;
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name)) return name;
  throw new InvalidArgumentError('Allowed: lower-case letters, digits and hyphens, such as shop.');
}

/** A duration such as `90s` or `1h30m`, in seconds. */
export function parseSeconds(value: string): number {
  const seconds = parseDuration(value);
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new InvalidArgumentError('Allowed: a duration of a second or more, such as 90s, 10m or 1h30m.');
}

/** A step as `sluice get` numbers them, from 1. */
export function parseStep(value: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Allowed: the number of a step as `sluice get NAME` shows it, from 1.');
}

/** A generation as `sluice get` lists them. */
export function parseGeneration(value: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Allowed: a generation that `sluice get NAME` lists, such as 3.');
}

/** The name of a registered cluster. */
export function parseCluster(value: string): string {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError(
    'Allowed: the name of a cluster, lower-case letters, digits and hyphens, such as east.',
  );
}

/** How many processes answer side by side, as the settings allow. */
export function parseWorkers(value: string): number {
  if (/^[1-9][0-9]?$/.test(value) && Number(value) <= MOST_WORKERS) return Number(value);
  throw new InvalidArgumentError(`Allowed: a whole number from 1 to ${MOST_WORKERS}.`);
}
