/** The end of a verb's --help: pairs of what one wants and what to type. */
export function examples(...pairs: readonly (readonly [comment: string, command: string])[]): string {
  return `\nExamples:\n${pairs.map(([comment, command]) => `  # ${comment}\n  ${command}`).join('\n\n')}`;
}
