/** A label selector as a spec writes it. */
export interface SelectorDocument {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Expression[];
}

interface Expression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

const ALLOWED =
  'requirements such as region=eu, env!=test, tier in (a, b), tier notin (c), gpu or !gpu, with commas between them';

/** Reads the text form that kubectl takes for `-l`; an empty one selects all. The text of what is wrong, otherwise. */
export function parseSelector(text: string): SelectorDocument | string {
  const expressions: Expression[] = [];
  const labels: [string, string][] = [];
  for (const part of splitRequirements(text)) {
    const read = readRequirement(part);
    if (read === undefined) return `found "${part}"; allowed: ${ALLOWED}`;
    if ('label' in read) labels.push(read.label);
    else expressions.push(read);
  }
  return {
    ...(labels.length > 0 && { matchLabels: Object.fromEntries(labels) }),
    ...(expressions.length > 0 && { matchExpressions: expressions }),
  };
}

/** At commas outside of parentheses. */
function splitRequirements(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const KEY = '([A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?)';
const VALUE = '([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)';

function readRequirement(part: string): Expression | { readonly label: [string, string] } | undefined {
  const set = new RegExp(`^${KEY}\\s+(in|notin)\\s*\\(([^()]*)\\)$`).exec(part);
  if (set) return readSet(set[1] ?? '', set[3] ?? '', set[4] ?? '');
  const equal = new RegExp(`^${KEY}\\s*(==|=|!=)\\s*${VALUE}$`).exec(part);
  if (equal) {
    const [, key = '', , operator, value = ''] = equal;
    return operator === '!=' ? { key, operator: 'NotIn', values: [value] } : { label: [key, value] };
  }
  const exists = new RegExp(`^(!?)\\s*${KEY}$`).exec(part);
  if (!exists) return undefined;
  return { key: exists[2] ?? '', operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists' };
}

function readSet(key: string, operator: string, list: string): Expression | undefined {
  const values = list.split(',').map((value) => value.trim());
  if (!values.every((value) => new RegExp(`^${VALUE}$`).test(value))) return undefined;
  return { key, operator: operator === 'in' ? 'In' : 'NotIn', values };
}
