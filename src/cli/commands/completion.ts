import { Argument, type Command } from 'commander';
import { examples } from '../examples.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a completion script for a shell: verbs, and the names of what is there.')
    .addArgument(new Argument('<shell>', 'for which shell').choices(SHELLS))
    .configureHelp({ showGlobalOptions: false })
    .addHelpText(
      'after',
      examples(
        ['bash, for this session', 'source <(sluice completion bash)'],
        ['zsh, for this session', 'source <(sluice completion zsh)'],
        ['fish, for good', 'sluice completion fish > ~/.config/fish/completions/sluice.fish'],
      ),
    )
    .action((shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](verbsOf(program)));
    });
}

interface Verbs {
  readonly all: readonly string[];
  /** Those that take the name of a FederatedIngress. */
  readonly named: readonly string[];
  /** Those that take the name of a cluster. */
  readonly clustered: readonly string[];
  /** Those that have commands of their own. */
  readonly nested: readonly { readonly name: string; readonly commands: readonly string[] }[];
}

function verbsOf(program: Command): Verbs {
  const taking = (argument: string) =>
    program.commands.filter((verb) => verb.registeredArguments[0]?.name() === argument);
  const nested = program.commands.filter((verb) => verb.commands.length > 0);
  return {
    all: namesOf(program.commands),
    named: namesOf(taking('name')),
    clustered: namesOf(taking('cluster')),
    nested: nested.map((verb) => ({ name: verb.name(), commands: namesOf(verb.commands) })),
  };
}

function namesOf(commands: readonly Command[]): readonly string[] {
  return commands.map((command) => command.name());
}

/** A server that does not answer completes nothing and says nothing. */
const NAMES = `sluice list -o name 2>/dev/null | sed 's|^[^/]*/||'`;

/** Where there are backends; JSON has one field a line. */
const CLUSTERS = `sluice list -A -o json 2>/dev/null | sed -n 's|^ *"cluster": "\\([^"]*\\)".*|\\1|p' | sort -u`;

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Record<
  Shell,
  (verbs: Verbs) => string
>;

function bashScript({ all, named, clustered, nested }: Verbs): string {
  const second = nested.map(
    ({ name, commands }) =>
      `    ${name}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "${commands.join(' ')}" -- "$word")) ;;\n`,
  );
  return `_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${all.join(' ')}" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
    ${named.join('|')}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "$(${NAMES})" -- "$word")) ;;
    ${clustered.join('|')}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "$(${CLUSTERS})" -- "$word")) ;;
${second.join('')}  esac
}
complete -o default -F _sluice sluice
`;
}

/** zsh reads bash's completions. */
function zshScript(verbs: Verbs): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(verbs)}`;
}

function fishScript({ all, named, clustered, nested }: Verbs): string {
  const second = nested.map(({ name, commands }) => {
    const words = commands.join(' ');
    return `complete -c sluice -f -n '__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${words}' -a '${words}'\n`;
  });
  return `complete -c sluice -f -n __fish_use_subcommand -a '${all.join(' ')}'
complete -c sluice -f -n '__fish_seen_subcommand_from ${named.join(' ')}' -a "(${NAMES})"
complete -c sluice -f -n '__fish_seen_subcommand_from ${clustered.join(' ')}' -a '(${CLUSTERS.replaceAll("'", "\\'")})'
${second.join('')}complete -c sluice -F -s f -l file
`;
}
