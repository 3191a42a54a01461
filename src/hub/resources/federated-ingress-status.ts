import * as z from 'zod';
import { conditions, listMap, time } from './common.ts';
import { queued, rollout, undoable, withheld } from './rollout-status.ts';

/** The status of a FederatedIngress object in the hub: what kubectl shows. Two field managers write it. */

const leaf = z.object({ kind: z.string(), cluster: z.string(), namespace: z.string(), name: z.string() });

const drift = z.object({
  path: z.string().meta({ description: 'The field; empty when the object itself is gone.' }),
  wanted: z.string(),
  found: z.string(),
  manager: z.string().optional().meta({ description: 'Who wrote it.' }),
});

const certificate = z.object({
  cluster: z.string(),
  kind: z.string().meta({ description: 'current, missing or outdated.' }),
  fingerprint: z.string().optional().meta({ description: 'SHA-256, in hex.' }),
  notAfter: z.string().optional(),
  message: z.string(),
});

const backend = z.object({
  name: z.string(),
  cluster: z.string(),
  namespace: z.string(),
  wantedShare: z.int().meta({ description: 'Basis points at the end of the newest generation.' }),
  shareInForce: z.int().meta({ description: 'Basis points in force in every plane now.' }),
  measuredShare: z
    .int()
    .optional()
    .meta({ description: 'Basis points its cluster had of the answers that were counted; absent: too few.' }),
  drain: z
    .object({ cachedUntil: time(), isProved: z.boolean() })
    .optional()
    .meta({ description: 'Until when old answers may be in caches, and whether that is over.' }),
  readiness: z.string().meta({ description: 'Ready, NotReady or Unknown.' }),
  reason: z.string(),
  message: z.string(),
  addresses: z.array(z.string()).meta({ description: 'Where it is reached.' }),
  port: z.int().optional().meta({ description: "When it is not that of the cluster's gateway." }),
  leaf,
  drift: z.array(drift).optional().meta({ description: 'What somebody else has changed in the leaf.' }),
  certificate: certificate.optional(),
});

const preview = z.object({
  host: z.string(),
  backends: z
    .array(z.object({ name: z.string(), cluster: z.string(), share: z.int() }))
    .meta({ description: 'Who answers for it, with basis points.' }),
});

const steering = z.object({
  verb: z.string(),
  nonce: z.string().meta({ description: 'The first word of the annotation that was acted on.' }),
  outcome: z.enum(['Done', 'Refused']),
  message: z.string(),
  time: time(),
});

/** Written by the status writer of whichever process runs the workflow. */
const ofWorkflow = {
  host: z.string().optional(),
  state: z.string().optional().meta({ description: 'One word for the whole.' }),
  message: z.string().optional().meta({ description: 'What it is doing or waiting for, in one sentence.' }),
  strategy: z.string().optional(),
  step: z.string().optional().meta({ description: 'Such as 3/5.' }),
  shares: z.string().optional().meta({ description: 'Per cent in force, such as "east 70, west 30".' }),
  readyClusters: z.string().optional().meta({ description: 'Such as 2/3.' }),
  clusters: z.string().optional(),
  generation: z.int().optional().meta({ description: 'The generation of the rollout; grows with each accepted spec.' }),
  revision: z.int().optional().meta({ description: 'The revision of the GlobalIngress that was published last.' }),
  preview: preview.optional().meta({ description: 'The hostname that leads to what a rollout brings.' }),
  backends: z.array(backend).optional().meta({ description: 'What is known of each backend in its cluster.' }),
  rollout: rollout.optional().meta({ description: 'The rollout under way, or the last one.' }),
  withheld: z.array(withheld).optional().meta({ description: 'Clusters that get no traffic whatever the spec says.' }),
  queued: queued.optional().meta({ description: 'The generation that begins when the rollout under way has ended.' }),
  undoable: z.array(undoable).optional().meta({ description: 'What undo can go back to, newest first.' }),
  orphans: z.array(leaf).optional().meta({ description: 'Leaves that were given up with their cluster.' }),
};

/** Written by the hub's controller. */
const ofController = {
  observedGeneration: z.int().optional().meta({ description: 'The generation that was accepted or refused last.' }),
  acceptedGeneration: z.int().optional().meta({ description: 'The generation that was accepted last.' }),
  steering: z
    .array(steering)
    .optional()
    .meta({ description: 'What became of each steering annotation.', ...listMap('verb') }),
};

export const federatedIngressStatusSchema = z.object({ ...ofController, ...ofWorkflow, conditions: conditions() });
export type FederatedIngressStatus = z.infer<typeof federatedIngressStatusSchema>;
