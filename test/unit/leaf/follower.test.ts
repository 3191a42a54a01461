import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Written } from '../../../src/planes/leaf/written.ts';
import { until } from '../../support/until.ts';
import { aLeaf, aTarget } from './builders.ts';
import { ADDRESS, Scene } from './scene.ts';

describe.concurrent('following a leaf', () => {
  it('tells each change on the way to ready, once', async () => {
    await using scene = await Scene.start();
    scene.gatewayStatus = 503;
    const following = scene.follow();
    await scene.untilTold('notReady NotFound');
    await scene.untilWatched();
    scene.send('ADDED', []);
    await scene.untilTold('notReady NoAddress');
    scene.send('MODIFIED', [ADDRESS]);
    await scene.untilTold('notReady ProbeFailed');
    scene.gatewayStatus = 200;
    await scene.untilTold('ready 127.0.0.1');
    scene.ending.abort();
    await following;
    expect(scene.words).toEqual(['notReady NotFound', 'notReady NoAddress', 'notReady ProbeFailed', 'ready 127.0.0.1']);
    expect(scene.told.every(({ backend }) => backend === aTarget().backend)).toBe(true);
  });

  it('says nothing of a status that is empty for a moment', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    await scene.untilWatched();
    scene.send('MODIFIED', []);
    scene.send('MODIFIED', [ADDRESS]);
    scene.send('DELETED', [ADDRESS]);
    scene.send('ADDED', [ADDRESS], { uid: 'uid-2' });
    scene.send('MODIFIED', [], { annotations: {} });
    await scene.untilTold('notReady NotOurs');
    expect(scene.words).toEqual(['ready 127.0.0.1', 'notReady NotOurs']);
  });

  it.each<[string, string, (scene: Scene) => void]>([
    ['the object', 'notReady NotFound', (scene) => scene.send('DELETED', [ADDRESS])],
    ['the address', 'notReady NoAddress', (scene) => scene.send('MODIFIED', [])],
  ])('is not ready when %s stays away for three seconds', async (_name, expected, takeAway) => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    const began = await scene.untilTold('ready 127.0.0.1');
    await scene.untilWatched();
    takeAway(scene);
    await scene.untilTold('ready 127.0.0.1 with doubts');
    expect(scene.told.at(-1)).toMatchObject({
      message: expect.stringContaining('Ingress default/shop in cluster east'),
    });
    expect((await scene.untilTold(expected)) - began).toBeGreaterThan(2_900);

    // What comes back has to prove itself again, and is then as patiently looked at as before.
    scene.answered = [];
    scene.send('ADDED', [ADDRESS]);
    await scene.untilTold('ready 127.0.0.1');
    expect(scene.probesBefore.at(-1)).toBe(2);
    scene.send('MODIFIED', []);
    scene.send('MODIFIED', [ADDRESS]);
    scene.send('MODIFIED', [ADDRESS], { annotations: {} });
    await scene.untilTold('notReady NotOurs');
    const doubts = 'ready 127.0.0.1 with doubts';
    expect(scene.words).toEqual(['ready 127.0.0.1', doubts, expected, 'ready 127.0.0.1', 'notReady NotOurs']);
  });

  it('moves to another address without being not ready in between', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    const second = createServer((_, response) => response.end());
    second.listen(scene.port, '127.0.0.2');
    await once(second, 'listening');
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    await scene.untilWatched();
    scene.send('MODIFIED', [{ ip: '127.0.0.2' }]);
    await scene.untilTold('ready 127.0.0.2');
    second.close();
    // Doubts are told when the first probe of the new one takes a while.
    const words = scene.words.filter((word) => !word.endsWith(' with doubts'));
    expect(words).toEqual(['ready 127.0.0.1', 'ready 127.0.0.2']);
  });

  it('needs the threshold of failures, and then that of passes', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    scene.gatewayStatus = 500;
    await scene.untilTold('notReady ProbeFailed');
    scene.gatewayStatus = 200;
    await scene.untilTold('ready 127.0.0.1');
    expect(scene.probesBefore).toEqual([2, 3, 2]);
  });

  it('stays ready while the cluster cannot be asked, and follows the probe', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    await scene.untilWatched();
    const asked = scene.api.requests.length;
    scene.loseApi();
    await until(() => (scene.api.requests.length > asked + 1 ? true : undefined), { what: 'failed attempts' });
    expect(scene.words).toEqual(['ready 127.0.0.1']);
    scene.gatewayStatus = 500;
    await scene.untilTold('notReady ProbeFailed');
  });

  it('probes addresses seen before when the cluster never answers', async () => {
    await using scene = await Scene.start();
    scene.loseApi();
    void scene.follow({ lastAddresses: ['127.0.0.1'] });
    await scene.untilTold('ready 127.0.0.1');
    expect(scene.words).toEqual(['ready 127.0.0.1']);
  });

  it('does not know when the cluster never answers and nothing was seen before', async () => {
    await using scene = await Scene.start();
    scene.loseApi();
    void scene.follow();
    await scene.untilTold('unknown ServiceUnavailable');
  });

  it('begins without a doubt about what served before', async () => {
    await using scene = await Scene.start(aLeaf([]));
    scene.firstStatuses = [500];
    void scene.follow({ lastAddresses: ['127.0.0.1'] });
    await scene.untilWatched();
    scene.send('MODIFIED', [ADDRESS]);
    await scene.untilTold('ready 127.0.0.1');
    expect(scene.words).toEqual(['ready 127.0.0.1']);
  });

  it('says of an object that lost its label that it did, not that it is gone', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    await scene.untilWatched();
    scene.byName = aLeaf([ADDRESS], { labels: {} });
    scene.send('DELETED', [ADDRESS]); // so the API server tells a watch by label
    await scene.untilTold('notReady NotLabelled');
    scene.send('ADDED', [ADDRESS]);
    await scene.untilTold('ready 127.0.0.1');
  });

  it('takes what a watch shows from before the last write for nothing', async () => {
    await using scene = await Scene.start();
    const written = new Written();
    written.note(aTarget().ref, aLeaf([], { resourceVersion: '500' }));
    void scene.followWith(written);
    await scene.untilWatched();
    scene.send('ADDED', [{ ip: '169.254.169.254' }], { resourceVersion: '499' });
    scene.send('MODIFIED', [ADDRESS], { resourceVersion: '501' });
    await scene.untilTold('ready 127.0.0.1');
    expect(scene.words).toEqual(['notReady NotFound', 'ready 127.0.0.1']);
  });

  it('does not know a cluster while it is not registered, and goes on when it is again', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    scene.unregister();
    await scene.untilTold('unknown UnknownCluster');
    scene.register();
    await scene.untilTold('ready 127.0.0.1');
    expect(scene.words).toEqual(['ready 127.0.0.1', 'unknown UnknownCluster', 'ready 127.0.0.1']);
  });

  it('takes other settings of the cluster up', async () => {
    await using scene = await Scene.start(aLeaf([ADDRESS]));
    void scene.follow();
    await scene.untilTold('ready 127.0.0.1');
    scene.register(['203.0.113.0/24']);
    await scene.untilTold('notReady AddressNotAllowed');
    scene.register(['everywhere']);
    await scene.untilTold('unknown WrongSettings');
    scene.register();
    await scene.untilTold('ready 127.0.0.1');
  });

  it('rejects with what its listener throws', async () => {
    await using scene = await Scene.start();
    const buggy = (): void => {
      throw new Error('a bug');
    };
    await expect(scene.follow({}, buggy)).rejects.toThrow('a bug');
  });

  it('does not know a cluster that is not registered', async () => {
    await using scene = await Scene.start();
    const following = scene.follow({ ref: { ...aTarget().ref, cluster: 'moon' } });
    await scene.untilTold('unknown UnknownCluster');
    scene.ending.abort();
    await following;
  });
});
