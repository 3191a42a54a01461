import type { CpuFigures } from './measure/cpu.ts';
import type { LatencyFigures } from './measure/latency.ts';
import type { ManyHostsFigures } from './measure/many-hosts.ts';
import type { MemoryFigures } from './measure/memory.ts';
import type { ZoneChangeFigures } from './measure/zone-change.ts';
import type { ServerName } from './servers/server.ts';

/** All figures of a run; what was not measured is absent. `--json` writes this. */
export interface Results {
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string };
  readonly hosts: number;
  readonly servers: readonly { readonly name: ServerName; readonly setting: string }[];
  readonly missing: readonly { readonly name: ServerName; readonly message: string }[];
  readonly cpu?: readonly CpuFigures[];
  readonly latency?: readonly LatencyFigures[];
  readonly manyHosts?: ManyHostsFigures;
  readonly change?: ZoneChangeFigures;
  readonly memory?: MemoryFigures;
}
