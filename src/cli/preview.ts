import type { ExplainedPreview } from '../client/http/schemas.ts';
import type { ApplyResult } from '../workflows/status.ts';
import { metadataOf, naming, type SourceDocument } from './documents.ts';
import { isDocumentFormat, objectName, printDocument } from './output.ts';
import type { Session } from './session.ts';

/** kubectl's words for what applying came to. */
export const VERBED = {
  created: 'created',
  updated: 'configured',
  unchanged: 'unchanged',
  queued: 'queued',
} as const satisfies Record<ApplyResult['outcome'], string>;

/** Prints the plan that each document would start, in the format asked for; for people with what `foot` adds. */
export async function printPreviews(
  session: Session,
  documents: readonly SourceDocument[],
  foot: (preview: ExplainedPreview) => string = () => '',
): Promise<void> {
  for (const document of documents) {
    const preview = await naming(document, () => session.client.preview(document.value));
    const object = objectName(metadataOf(document.value).name);
    if (isDocumentFormat(session.output)) printDocument(preview, session.output);
    else if (session.output === 'name') process.stdout.write(`${object}\n`);
    else
      process.stdout.write(
        `${object} ${VERBED[preview.outcome]} (dry run)\n${changeLine(preview)}\n${preview.text.trimEnd()}\n${foot(preview)}`,
      );
  }
}

function changeLine({ change }: ExplainedPreview): string {
  return change === undefined ? '' : `${change.kind}: ${change.message}\n`;
}
