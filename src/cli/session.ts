import type { Command } from 'commander';
import { createHttpClient, type HttpClient } from '../client/http/http-client.ts';
import { CLI_AGENT } from '../client/http/request.ts';
import { type OutputFormat, renderingFor } from './output.ts';
import { VERSION } from './version.ts';
import type { Rendering } from './view/text.ts';

/** The options that every verb takes; program.ts declares them. */
interface GlobalOptions {
  readonly namespace?: string;
  readonly output?: OutputFormat | 'jsonl';
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

export interface ExportSession extends Omit<Session, 'output'> {
  readonly output: OutputFormat | 'jsonl' | undefined;
}

export const DEFAULT_NAMESPACE = 'default';
export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

export function openSession(command: Command): Session {
  const session = openExportSession(command);
  const { output } = session;
  if (output === 'jsonl') return command.error('error: -o jsonl goes with history; -o json is for all verbs');
  return { ...session, output };
}

/** For a verb that can also print a JSON document a line. */
export function openExportSession(command: Command): ExportSession {
  const options = command.optsWithGlobals<GlobalOptions>();
  const { server, token } = options;
  return {
    client: createHttpClient({ server, token, userAgent: `${CLI_AGENT}${VERSION}` }),
    namespace: options.namespace ?? DEFAULT_NAMESPACE,
    namespaceFlag: options.namespace,
    output: options.output,
    rendering: renderingFor(process.stdout, options.color),
  };
}
