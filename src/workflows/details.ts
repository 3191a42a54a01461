import { backendId } from '../plan/backend-id.ts';
import type { Entity } from './entity.ts';
import { currentBackends } from './leaf-intents.ts';
import { entityState, sentence } from './report.ts';

/** The UI shows current details in a frame that is too low by the margins of its blocks: this one is cut instead of a backend. */
const CUT_OFF = '\u00a0';

/** What the Temporal UI shows as current details: Markdown of a heading and bullets, since it renders tables badly. */
export function currentDetails(entity: Entity): string {
  const backends = currentBackends(entity).map((backend) => {
    const id = backendId(backend);
    const share = (entity.inForce.shares[id] ?? 0) / 100;
    return `- **${backend.name}** in ${backend.cluster}: ${share} % in force, ${entity.readiness[id]?.kind ?? 'not observed'}`;
  });
  const heading = `### ${entity.spec.host}: ${entityState(entity)}`;
  return [heading, sentence(entity), backends.join('\n'), CUT_OFF].join('\n\n');
}
