import { Argument, type Command, type Option } from 'commander';
import { examples } from '../examples.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function addCompletion(program: Command): void {
  program
    .command('completion')
    .summary('print a completion script for a shell')
    .description('Prints a completion script for a shell: verbs, flags, and the names of what is there.')
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
  /** Those that have commands of their own, and these: `dns`, `dns challenge`. The deepest first. */
  readonly nested: readonly { readonly path: string; readonly commands: readonly string[] }[];
  /** By verb or command, the deepest first. */
  readonly flags: readonly { readonly path: string; readonly options: readonly Option[] }[];
}

function verbsOf(program: Command): Verbs {
  const taking = (argument: string) =>
    program.commands.filter((verb) => verb.registeredArguments[0]?.name() === argument);
  const all = program.commands.flatMap((verb) => commandsOf(verb, verb.name()));
  const nested = all.filter(({ command }) => command.commands.length > 0);
  return {
    all: namesOf(program.commands),
    named: namesOf(taking('name')),
    clustered: namesOf(taking('cluster')),
    nested: nested.map(({ path, command }) => ({ path, commands: namesOf(command.commands) })),
    flags: all.map(({ path, command }) => ({ path, options: optionsOf(command) })),
  };
}

interface Placed {
  readonly path: string;
  readonly command: Command;
}

/** A verb after the commands below it. */
function commandsOf(command: Command, path: string): readonly Placed[] {
  const below = command.commands.flatMap((child) => commandsOf(child, `${path} ${child.name()}`));
  return [...below, { path, command }];
}

/** Those that its help shows. */
function optionsOf(command: Command): readonly Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
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

function bashScript({ all, named, clustered, nested, flags }: Verbs): string {
  const second = nested.map(({ path, commands }) => bashCase(path, commands.join(' ')));
  const ofVerbs = flags.map(({ path, options }) => bashCase(path, options.flatMap(namesOfFlag).join(' ')));
  return `_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]} words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${all.join(' ')}" -- "$word"))
    return
  fi
  case \${COMP_WORDS[COMP_CWORD-1]} in
${bashValues(flags)}  esac
  if [ "\${word:0:1}" = - ]; then
    case "\${COMP_WORDS[*]:1} " in
${ofVerbs.join('')}    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
    return
  fi
  case \${COMP_WORDS[1]} in
    ${named.join('|')}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "$(${NAMES})" -- "$word")) ;;
    ${clustered.join('|')}) [ "$COMP_CWORD" -eq 2 ] && COMPREPLY=($(compgen -W "$(${CLUSTERS})" -- "$word")) ;;
    *)
      case "\${COMP_WORDS[*]:1:COMP_CWORD-1} " in
${second.join('')}      esac
      [ -n "$words" ] && COMPREPLY=($(compgen -W "$words" -- "$word")) ;;
  esac
}
complete -o default -F _sluice sluice
`;
}

function bashCase(path: string, words: string): string {
  return `      '${path} '*) words='${words}' ;;\n`;
}

/** What may follow a flag, where that is known. */
function bashValues(flags: Verbs['flags']): string {
  const options = flags.flatMap((one) => one.options);
  const known = options.filter((option, index) => {
    return options.findIndex(({ long }) => long === option.long) === index && valuesOf(option) !== undefined;
  });
  return known
    .map((option) => {
      const names = namesOfFlag(option).join('|');
      return `    ${names}) COMPREPLY=($(compgen -W "${valuesOf(option)}" -- "$word")); return ;;\n`;
    })
    .join('');
}

/** Words, or what prints them in a shell. */
function valuesOf({ long, argChoices }: Option): string | undefined {
  if (long === '--only') return `$(${NAMES})`;
  return argChoices?.join(' ');
}

function namesOfFlag({ short, long }: Option): readonly string[] {
  return [short, long].filter((name) => name !== undefined);
}

/** zsh reads bash's completions. */
function zshScript(verbs: Verbs): string {
  return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(verbs)}`;
}

function fishScript({ all, named, clustered, nested, flags }: Verbs): string {
  const second = nested.map(({ path, commands }) => {
    const words = commands.join(' ');
    return `complete -c sluice -f -n '${seen(path)}; and not __fish_seen_subcommand_from ${words}' -a '${words}'\n`;
  });
  const ofVerbs = flags.flatMap(({ path, options }) => options.map((option) => fishFlag(seen(path), option)));
  return `complete -c sluice -f -n __fish_use_subcommand -a '${all.join(' ')}'
complete -c sluice -f -n '__fish_seen_subcommand_from ${named.join(' ')}' -a "(${NAMES})"
complete -c sluice -f -n '__fish_seen_subcommand_from ${clustered.join(' ')}' -a '(${CLUSTERS.replaceAll("'", "\\'")})'
${second.join('')}${ofVerbs.join('')}`;
}

function seen(path: string): string {
  return path
    .split(' ')
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join('; and ');
}

const FILES = ['--file', '--config', '--out', '--directory'];

function fishFlag(condition: string, option: Option): string {
  const { short, long = '', required, argChoices, description } = option;
  const names = `${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}`;
  const values = long === '--only' ? ` -a "(${NAMES})"` : argChoices ? ` -a '${argChoices.join(' ')}'` : '';
  const value = required ? (FILES.includes(long) ? ' -r -F' : ` -x${values}`) : '';
  return `complete -c sluice -n '${condition}'${names}${value} -d '${description.replaceAll("'", "\\'")}'\n`;
}
