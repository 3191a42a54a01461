import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { missingCommands } from '../../../playground/missing-commands.ts';
import { formatNextSteps, type NextSteps } from '../../../playground/next-steps.ts';

const steps: NextSteps = {
  apiUrl: 'http://127.0.0.1:8080',
  dnsPort: 5300,
  temporalUi: 'http://127.0.0.1:8233',
  temporalCli: '/opt/temporal/temporal',
  clusters: [],
  hub: { name: 'hub', adminKubeconfig: '/state/hub/admin.kubeconfig' },
  kubectl: '/opt/kubectl',
  warning: undefined,
  missing: [],
};

describe('what npm start prints at its end', () => {
  it('says where the Temporal CLI is', () => {
    expect(formatNextSteps(steps)).toContain('Temporal CLI  /opt/temporal/temporal');
    expect(formatNextSteps({ ...steps, temporalCli: undefined })).not.toContain('Temporal CLI');
  });

  it('says how to apply with kubectl in the hub', () => {
    const text = formatNextSteps(steps);
    expect(text).toContain('export KUBECONFIG=/state/hub/admin.kubeconfig');
    expect(text).toContain('/opt/kubectl apply -f examples/shop-canary.yaml');
    expect(text).toContain('hub           kubectl --kubeconfig /state/hub/admin.kubeconfig');
  });

  it('names the command that says who would answer', () => {
    expect(formatNextSteps(steps)).toContain('npx sluice explain shop.example.test');
  });

  it('says which of the commands are not installed, and what has them', () => {
    expect(formatNextSteps(steps)).not.toContain('not installed');
    expect(formatNextSteps({ ...steps, missing: ['dig'] })).toContain(
      'dig is not installed here (Debian, Ubuntu: bind9-dnsutils; Fedora: bind-utils).',
    );
  });
});

describe('which commands are missing', () => {
  it('looks for executable files in the folders of PATH', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-path-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'dig'), '', { mode: 0o755 });
    writeFileSync(join(directory, 'curl'), '', { mode: 0o644 });
    expect(missingCommands(`/nowhere:${directory}`)).toEqual(['curl']);
    expect(missingCommands('')).toEqual(['dig', 'curl']);
  });
});
