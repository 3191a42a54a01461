import { type Bench, type Turn, turn } from '../bench.ts';
import type { Question } from '../dnsperf.ts';
import type { RunningServer, ServerName } from '../servers/server.ts';
import { type Spread, spread } from '../statistics.ts';

export const QUESTIONS: readonly Question[] = ['plain', 'cookie'];

/** What one server needed for one kind of question, over all rounds. */
export interface CpuFigures {
  readonly server: ServerName;
  readonly question: Question;
  readonly perSecond: Spread;
  /** Processor time of all its processes, microseconds a query. */
  readonly cpu: Spread;
  readonly lost: number;
}

/** All servers at full load, in turn, round after round: what disturbs the machine disturbs them alike. */
export async function measureCpu(
  bench: Bench,
  servers: readonly RunningServer[],
  queries: string,
): Promise<readonly CpuFigures[]> {
  const { rounds, seconds } = bench.options;
  const seen = new Map<string, Turn[]>();
  await bench.progress.step('CPU a query at full load', async (say) => {
    for (const server of servers) await turn(server, { queries, seconds: 1, question: 'cookie' }); // warm-up
    for (let round = 1; round <= rounds; round += 1)
      for (const question of QUESTIONS)
        for (const server of servers) {
          say(`round ${round} of ${rounds}, ${question} questions, ${server.name}`);
          const taken = await turn(server, { queries, seconds, question });
          const key = `${server.name} ${question}`;
          seen.set(key, [...(seen.get(key) ?? []), taken]);
        }
  });
  return servers.flatMap(({ name }) =>
    QUESTIONS.map((question) => summarise(name, question, seen.get(`${name} ${question}`) ?? [])),
  );
}

function summarise(server: ServerName, question: Question, turns: readonly Turn[]): CpuFigures {
  return {
    server,
    question,
    perSecond: spread(turns.map(({ perSecond }) => perSecond)),
    cpu: spread(turns.map(({ cpuMicrosecondsPerQuery }) => cpuMicrosecondsPerQuery)),
    lost: turns.reduce((sum, { lost }) => sum + lost, 0),
  };
}
