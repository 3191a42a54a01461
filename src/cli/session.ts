import type { Command } from 'commander';
import { createHttpClient, type HttpClient } from '../client/http/http-client.ts';
import { type OutputFormat, renderingFor } from './output.ts';
import type { Rendering } from './view/text.ts';

/** The options that every verb takes; program.ts declares them. */
interface GlobalOptions {
  readonly namespace?: string;
  readonly output?: OutputFormat;
  readonly server: string;
  readonly token?: string;
  readonly color: boolean;
}

/** What a verb works with. */
export interface Session {
  readonly client: HttpClient;
  readonly namespace: string;
  /** Only when -n was given: a document may name another namespace otherwise. */
  readonly namespaceFlag: string | undefined;
  readonly output: OutputFormat | undefined;
  readonly rendering: Rendering;
}

export const DEFAULT_NAMESPACE = 'default';
export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

export function openSession(command: Command): Session {
  const options = command.optsWithGlobals<GlobalOptions>();
  const { server, token } = options;
  return {
    client: createHttpClient({ server, token }),
    namespace: options.namespace ?? DEFAULT_NAMESPACE,
    namespaceFlag: options.namespace,
    output: options.output,
    rendering: renderingFor(process.stdout, options.color),
  };
}
