import type { App } from '../app.ts';
import { parseDocumentText, type TextFormat } from '../body/document-text.ts';
import { invalidProblem, MAX_BODY_BYTES } from '../problem.ts';

/** RFC 9512 made application/yaml official; the others were used before. */
const MEDIA_TYPES: Readonly<Record<TextFormat, string[]>> = {
  json: ['application/json'],
  yaml: ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'],
};

/** What a body may be sent as, for the OpenAPI document. */
export const CONSUMES: string[] = ['application/json', 'application/yaml'];

/** Bodies are JSON or YAML; anything else is 415, anything larger than the limit 413. */
export function registerBodyParsers(app: App): void {
  app.removeAllContentTypeParsers();
  for (const format of ['json', 'yaml'] as const) {
    const options = { parseAs: 'string', bodyLimit: MAX_BODY_BYTES } as const;
    app.addContentTypeParser(MEDIA_TYPES[format], options, async (_request: unknown, text: string) => {
      if (text.trim() === '') return undefined;
      const parsed = parseDocumentText(text, format);
      if (parsed.kind === 'invalid') throw invalidProblem('the body cannot be read', parsed.issues);
      return parsed.value;
    });
  }
}
