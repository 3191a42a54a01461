import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Document, isScalar, parseAllDocuments } from 'yaml';
import { ClientError } from '../client/errors.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { DEFAULT_NAMESPACE } from './session.ts';

/** One document of a file, and how errors call it. */
export interface SourceDocument {
  readonly value: unknown;
  /** `shop.yaml`, or `shop.yaml, document 2` where there are several. */
  readonly source: string;
}

/**
 * Reads all YAML or JSON documents of a file, `-` for standard input, and puts those that name no namespace into that of -n.
 * Throws CliError for what cannot be read.
 */
export async function readPlaced(file: string, namespace: string | undefined): Promise<readonly SourceDocument[]> {
  const name = file === '-' ? 'standard input' : file;
  return parseDocuments(await readText(file), name).map((document) => placeDocument(document, namespace));
}

/** Says which document of which file an error is about. */
export async function naming<T>(document: SourceDocument, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClientError) || error.kind === 'unavailable') throw error;
    throw new ClientError(error.kind, `${document.source}: ${error.message}`, { issues: error.issues, cause: error });
  }
}

export function parseDocuments(content: string, name: string): readonly SourceDocument[] {
  const parsed = [...parseAllDocuments(content)].filter((document) => !isEmpty(document));
  if (parsed.length === 0) {
    throw new CliError(EXIT.usage, `${name} holds no document; write a FederatedIngress as YAML or JSON`);
  }
  return parsed.map((document, index) => {
    const source = parsed.length === 1 ? name : `${name}, document ${index + 1}`;
    const [error] = document.errors;
    // The first line of yaml's message says what and where; a picture of the place follows it.
    if (error) throw new CliError(EXIT.usage, `${source}: ${error.message.split('\n')[0]?.replace(/:$/, '')}`);
    return { value: toValue(document, source), source };
  });
}

/** Nothing but comments between two `---`. */
function isEmpty({ contents, errors }: Document): boolean {
  const isNull = contents === null || (isScalar(contents) && contents.value === null);
  return isNull && errors.length === 0;
}

function toValue(document: { toJS(): unknown }, source: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // An alias to an anchor that is not there, or so many aliases that the document would explode.
    throw new CliError(EXIT.usage, `${source}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function readText(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CliError(EXIT.usage, `cannot read ${file}: ${READ_FAILURES[code] ?? code}`, { cause: error });
  }
}

const READ_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory; name one file, - reads standard input',
};

/**
 * Puts a document that names no namespace into the one of -n. As with kubectl, -n and a document that disagree are an
 * error: one of them is a mistake.
 */
export function placeDocument(document: SourceDocument, namespace: string | undefined): SourceDocument {
  const { value, source } = document;
  if (namespace === undefined || !isRecord(value) || !isRecord(value['metadata'])) return document;
  const metadata = value['metadata'];
  const found = metadata['namespace'];
  if (found === undefined) return { value: { ...value, metadata: { ...metadata, namespace } }, source };
  if (found === namespace) return document;
  throw new CliError(
    EXIT.usage,
    `${source}: the namespace in the document, ${JSON.stringify(found)}, is not the one of -n, ` +
      `${JSON.stringify(namespace)}; leave one of them out`,
  );
}

/** Name and namespace of a document that the server has taken; what is wrong with another is the server's to say. */
export function metadataOf(document: unknown): { readonly name: string; readonly namespace: string } {
  const metadata = isRecord(document) && isRecord(document['metadata']) ? document['metadata'] : {};
  const { name, namespace } = metadata;
  return {
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' ? namespace : DEFAULT_NAMESPACE,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
