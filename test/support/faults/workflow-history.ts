import { Client, Connection, defaultPayloadConverter, type WorkflowHandle } from '@temporalio/client';
import { testPlayground } from '../playground.ts';

/** What a workflow did or was told, as Temporal keeps it. */
export type WorkflowFact =
  | {
      readonly kind: 'scheduled' | 'completed';
      readonly activity: string;
      readonly summary: string;
      readonly input: unknown;
    }
  | { readonly kind: 'signal'; readonly input: unknown };

/** All runs of a workflow, oldest first. */
export async function workflowFacts(namespace: string, workflowId: string): Promise<readonly WorkflowFact[]> {
  const connection = await Connection.connect({ address: testPlayground().temporal.address });
  try {
    const client = new Client({ connection, namespace });
    const facts: WorkflowFact[] = [];
    for (let runId: string | undefined; ; ) {
      const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      facts.unshift(...factsOf(events ?? []));
      runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId || undefined;
      if (runId === undefined) return facts;
    }
  } finally {
    await connection.close();
  }
}

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
type Event = Events[number];

function factsOf(events: Events): readonly WorkflowFact[] {
  const scheduled = new Map(events.map((event) => [String(event.eventId), event]));
  return events.flatMap((event): readonly WorkflowFact[] => {
    const ended = event.activityTaskCompletedEventAttributes;
    const begun = ended ? scheduled.get(String(ended.scheduledEventId)) : undefined;
    if (begun) return activityFact('completed', begun);
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) return [{ kind: 'signal', input: decoded(signal.input?.payloads?.[0]) }];
    return activityFact('scheduled', event);
  });
}

function activityFact(
  kind: 'scheduled' | 'completed',
  { activityTaskScheduledEventAttributes: begun, userMetadata }: Event,
): readonly WorkflowFact[] {
  if (!begun) return [];
  const summary = JSON.stringify(decoded(userMetadata?.summary) ?? '');
  return [{ kind, activity: begun.activityType?.name ?? '', summary, input: decoded(begun.input?.payloads?.[0]) }];
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

function decoded(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
