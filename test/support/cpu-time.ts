/** Milliseconds of processor time that this process has had. Others on the machine make nothing of it longer. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
