import { errorCode } from '../../src/lib/atomic-file.ts';

/** Asks those to end that still run. */
export function endProcesses(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }
}
