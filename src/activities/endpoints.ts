import { cancellationSignal } from '@temporalio/activity';
import { boundedBack, boundsOf, type Endpoints, heldBackText, isWorthwhile } from '../plan/back-steps.ts';
import { heartbeating } from './heartbeat.ts';
import type { ActivityDependencies } from './index.ts';
import { Reporter } from './report.ts';
import type { Activities } from './types.ts';

type Input = Parameters<Activities['countEndpoints']>[0];

export function endpointActivities({
  endpoints,
  report,
}: Pick<ActivityDependencies, 'endpoints' | 'report'>): Pick<Activities, 'countEndpoints'> {
  return {
    countEndpoints: (input) =>
      heartbeating('looking', async () => {
        const ended = new AbortController();
        const signal = AbortSignal.any([cancellationSignal(), ended.signal]);
        const reporter = new Reporter(report, input.watch, signal);
        let result: Endpoints = {};
        const say = onlyNews((waitsFor) => reporter.say({ waitsFor }));
        await endpoints.follow(
          input.backends,
          (ready) => {
            result = ready;
            if (isEnough(input, ready)) ended.abort();
            else say(waitSentence(input, ready));
          },
          signal,
        );
        cancellationSignal().throwIfAborted();
        return result;
      }),
  };
}

function isEnough({ untilMore }: Input, ready: Endpoints): boolean {
  if (!untilMore) return true;
  const { way } = untilMore;
  return isWorthwhile(way, boundedBack(way, boundsOf(way, ready)));
}

function waitSentence({ untilMore }: Input, ready: Endpoints): string {
  if (!untilMore) return '';
  const { way, names, note } = untilMore;
  return `waiting for ready endpoints: ${heldBackText(way, ready, names)}; ${note}`;
}

function onlyNews(tell: (sentence: string) => void): (sentence: string) => void {
  let last = '';
  return (sentence) => {
    if (sentence !== last) tell(sentence);
    last = sentence;
  };
}
