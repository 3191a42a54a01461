import type { Client } from '@temporalio/client';
import { HOST, NAMESPACE, STATE } from '../workflows/search-attributes.ts';

/** INDEXED_VALUE_TYPE_KEYWORD of temporal.api.enums.v1. */
const KEYWORD = 2;
const DEADLINE_MS = 5_000;
const ALREADY_EXISTS = 6;

/** Registers our search attributes. A workflow that sets one that is not registered would hang, so this comes before polling. */
export async function registerSearchAttributes(client: Client): Promise<void> {
  const searchAttributes = Object.fromEntries([HOST, NAMESPACE, STATE].map(({ name }) => [name, KEYWORD]));
  const { namespace } = client.options;
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
    );
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

function isAlreadyExists(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === ALREADY_EXISTS;
}
