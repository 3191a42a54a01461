import { backendId } from '../plan/backend-id.ts';
import { backendNames, stepText } from '../plan/explain.ts';
import { activeRollout, type Entity } from './entity.ts';
import { currentBackends } from './leaf-intents.ts';
import type { Rollout } from './records.ts';
import { entityState, sentence } from './report.ts';
import { expectedEnds, isDoneAhead, time } from './rollout-status.ts';

/** The UI shows current details in a frame that is too low by the margins of its blocks: these are cut instead of a backend. */
const CUT_OFF = '\u00a0';

/** So many steps are listed before the current one, and after it. */
const STEPS_AROUND = 5;

/** What the Temporal UI shows as current details: Markdown of headings and bullets, since it renders tables badly. */
export function currentDetails(entity: Entity): string {
  const backends = currentBackends(entity).map((backend) => {
    const id = backendId(backend);
    const share = (entity.inForce.shares[id] ?? 0) / 100;
    return `- **${backend.name}** in ${backend.cluster}: ${share} % in force, ${entity.readiness[id]?.kind ?? 'not observed'}`;
  });
  const heading = `### ${entity.spec.host}: ${entityState(entity)}`;
  const rollout = activeRollout(entity);
  const steps = rollout === undefined ? [] : [rolloutHeading(entity, rollout), stepBullets(entity, rollout), CUT_OFF];
  return [heading, sentence(entity), backends.join('\n'), ...steps, CUT_OFF].join('\n\n');
}

function rolloutHeading({ history }: Entity, rollout: Rollout): string {
  const { generation, cause, step, plan } = rollout;
  const end = expectedEnds(rollout).at(-1);
  const lastActor = history.at(-1)?.actor;
  return [
    `#### Generation ${generation}${cause === undefined ? '' : ` (${cause.words})`}: `,
    `step ${Math.min(step + 1, plan.steps.length)} of ${plan.steps.length}`,
    end === undefined ? '' : `, ETA ${time(end)}`,
    lastActor === undefined ? '' : `, last moved by ${lastActor}`,
  ].join('');
}

/** The current step with what is around it. */
function stepBullets({ inForce }: Entity, rollout: Rollout): string {
  const { plan, step: current } = rollout;
  const first = Math.max(0, current - STEPS_AROUND);
  const names = backendNames(plan);
  const ends = expectedEnds(rollout);
  return plan.steps
    .slice(first, current + STEPS_AROUND + 1)
    .map((step, offset) => {
      const index = first + offset;
      const isAhead = index > current && !isDoneAhead(rollout, index, inForce.shares);
      const note = isAhead ? aheadNote(ends[index]) : stepNote(rollout, index);
      const text = `${index + 1}: ${stepText(step, names)}${note}`;
      return `- ${index === current ? `**${text}**` : text}`;
    })
    .join('\n');
}

function aheadNote(end: number | undefined): string {
  return end === undefined ? '' : `, about ${time(end)}`;
}

function stepNote({ records }: Rollout, index: number): string {
  const { endedAt, until } = records[index] ?? {};
  if (endedAt !== undefined) return `, ended ${time(endedAt)}`;
  return until === undefined ? '' : `, until ${time(until)}`;
}
