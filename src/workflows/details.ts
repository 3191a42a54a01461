import { backendId } from '../plan/backend-id.ts';
import type { Entity } from './entity.ts';
import { currentBackends } from './readiness.ts';
import { entityState, sentence } from './report.ts';

/** What the Temporal UI shows as current details: Markdown of headings and bullets, since it renders tables badly. */
export function currentDetails(entity: Entity): string {
  const lines = [
    `## ${entity.spec.host}: ${entityState(entity)}`,
    sentence(entity),
    '### Backends',
    ...currentBackends(entity).map((backend) => {
      const id = backendId(backend);
      const share = (entity.inForce.shares[id] ?? 0) / 100;
      return `- **${backend.name}** in ${backend.cluster}: ${share} % in force, ${entity.readiness[id]?.kind ?? 'not observed'}`;
    }),
  ];
  return lines.join('\n\n');
}
