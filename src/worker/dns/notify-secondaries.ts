import type { Logger } from 'pino';
import { readTsigKey } from '../../planes/dns/transfer/keys.ts';
import { Notifier } from '../../planes/dns/transfer/notify.ts';
import { TYPE } from '../../planes/dns/wire/constants.ts';
import { nameWire, requiredKey } from '../../planes/dns/wire/names.ts';
import { soaData } from '../../planes/dns/zone/zone.ts';
import type { Config } from '../config.ts';
import { zoneSettings } from './name-servers.ts';
import { secondariesByZone } from './secondaries.ts';

/** Workers have a new serial some milliseconds after it was made; a secondary that asks before that would go away again. */
const HEAD_START_MS = 100;

export interface NotifiedSecondaries {
  /** Serials by zone, as they are now. */
  changed(serials: Readonly<Record<string, number>>): void;
  stop(): void;
}

/** Tells the secondaries of each zone that its serial has changed (RFC 1996). */
export async function notifySecondaries(config: Config, log: Logger): Promise<NotifiedSecondaries> {
  const keys = await Promise.all(config.dns.keys.map(readTsigKey));
  const notifiers = [...secondariesByZone(config.zones, keys)].map(([zone, secondaries]) => {
    const onOutcome: ConstructorParameters<typeof Notifier>[0]['onOutcome'] = ({ secondary, result, tries }) => {
      if (result.kind !== 'failed') return;
      log.warn({ zone, secondary: secondary.address, tries, reason: result }, 'secondary does not take a notify');
    };
    return { zone, notifier: new Notifier({ secondaries, onOutcome }), told: 0 };
  });
  let timer: NodeJS.Timeout | undefined;
  const tell = (serials: Readonly<Record<string, number>>) => {
    for (const one of notifiers) {
      const serial = serials[one.zone] ?? 0;
      const zone = config.zones.find(({ name }) => name === one.zone);
      if (serial === one.told || zone === undefined) continue;
      one.told = serial;
      const data = soaData(zoneSettings(zone, config.dns.listen), serial);
      const owner = nameWire(requiredKey(one.zone));
      one.notifier.changed({ owner, type: TYPE.SOA, ttlSeconds: zone.negativeTtlSeconds, data });
    }
  };
  return {
    changed(serials) {
      clearTimeout(timer);
      timer = setTimeout(() => tell(serials), HEAD_START_MS);
    },
    stop() {
      clearTimeout(timer);
      for (const { notifier } of notifiers) notifier.stop();
    },
  };
}
