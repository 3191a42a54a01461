import { type Fault, fault } from './parsed.ts';

/** An entry of a zone file: a directive or a record. Parentheses may spread it over several lines (RFC 1035 section 5.1). */
export interface Entry {
  readonly kind: 'entry';
  readonly line: number;
  /** It begins with a blank, so it has no owner of its own. */
  readonly indented: boolean;
  /** Never empty. */
  readonly words: readonly Word[];
}

export interface Word {
  /** Without the quotation marks; escapes are as they were written. */
  readonly text: string;
  /** `value` is the form of `key="text"` (RFC 9460 section 2.1). */
  readonly quotes: 'none' | 'whole' | 'value';
  readonly line: number;
}

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
}

const BYTE_ORDER_MARK = '\ufeff';
const NOT_BLANK = /[^ \t\r]/g;
/** An octet that has a meaning inside a word, or ends it. */
const WORD_STOP = /[ \t\r\n;()"\\]/g;
const QUOTED_STOP = /["\n\\]/g;

/** The entries of a zone file, one after the other; a faulty one is given as its fault and reading goes on behind its line. */
export function* readEntries(text: string): Generator<Entry | Fault> {
  const cursor = { text, at: text.startsWith(BYTE_ORDER_MARK) ? 1 : 0, line: 1 };
  while (cursor.at < text.length) {
    const entry = readEntry(cursor);
    if (entry.kind === 'fault') skipToLineEnd(cursor);
    if (entry.kind === 'fault' || entry.words.length > 0) yield entry;
  }
}

function readEntry(cursor: Cursor): Entry | Fault {
  const { line } = cursor;
  const indented = /[ \t]/.test(cursor.text.charAt(cursor.at));
  const words: Word[] = [];
  let opened: number | undefined;
  for (;;) {
    const sign = nextSign(cursor);
    if (sign === 'word') {
      const word = readWord(cursor);
      if ('kind' in word) return word;
      words.push(word);
    } else if (sign === '(' || sign === ')') {
      const wrong = parenthesisFault(sign, opened, cursor.line);
      if (wrong !== undefined) return wrong;
      opened = sign === '(' ? cursor.line : undefined;
    } else if (opened === undefined) {
      return { kind: 'entry', line, indented, words };
    } else if (sign === 'end') {
      return fault(opened, 'found "(" that is never closed');
    }
  }
}

function parenthesisFault(sign: '(' | ')', opened: number | undefined, line: number): Fault | undefined {
  if (sign === '(' && opened !== undefined) return fault(line, `found "(" inside the "(" of line ${opened}`);
  if (sign === ')' && opened === undefined) return fault(line, 'found ")" without a "(" before it');
  return undefined;
}

/** Steps over blanks, comments, and the sign found: a parenthesis, the end of a line, a word (which it stays before), or the end. */
function nextSign(cursor: Cursor): '\n' | '(' | ')' | 'word' | 'end' {
  cursor.at = find(NOT_BLANK, cursor);
  if (cursor.text[cursor.at] === ';') skipToLineEnd(cursor);
  const sign = cursor.text[cursor.at];
  if (sign === undefined) return 'end';
  if (sign !== '\n' && sign !== '(' && sign !== ')') return 'word';
  cursor.at += 1;
  if (sign === '\n') cursor.line += 1;
  return sign;
}

function readWord(cursor: Cursor): Word | Fault {
  const { text, at: start, line } = cursor;
  if (text[start] === '"') {
    const quoted = readQuoted(cursor);
    return typeof quoted === 'string' ? { text: quoted, quotes: 'whole', line } : quoted;
  }
  const broken = skipTo(WORD_STOP, cursor);
  if (broken !== undefined) return broken;
  const plain = text.slice(start, cursor.at);
  if (text[cursor.at] !== '"') return { text: plain, quotes: 'none', line };
  if (!plain.endsWith('=')) return fault(line, `found a quotation mark inside a word; write \\" or a blank before it`);
  const quoted = readQuoted(cursor);
  return typeof quoted === 'string' ? { text: plain + quoted, quotes: 'value', line } : quoted;
}

/** The text between quotation marks; the cursor is on the first one, and ends behind the second. */
function readQuoted(cursor: Cursor): string | Fault {
  cursor.at += 1;
  const start = cursor.at;
  const broken = skipTo(QUOTED_STOP, cursor);
  if (broken !== undefined) return broken;
  if (cursor.text[cursor.at] !== '"')
    return fault(cursor.line, 'found a quotation mark that is not closed in its line');
  cursor.at += 1;
  return cursor.text.slice(start, cursor.at - 1);
}

/** Goes to the next of the stops that no backslash escapes. */
function skipTo(stops: RegExp, cursor: Cursor): Fault | undefined {
  cursor.at = find(stops, cursor);
  while (cursor.text[cursor.at] === '\\') {
    const escaped = cursor.text[cursor.at + 1];
    if (escaped === undefined || escaped === '\n') return fault(cursor.line, 'found a backslash at the end of a line');
    cursor.at += 2;
    cursor.at = find(stops, cursor);
  }
  return undefined;
}

/** Where the pattern is found next, or the end of the text. */
function find(pattern: RegExp, { text, at }: Cursor): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.index ?? text.length;
}

function skipToLineEnd(cursor: Cursor): void {
  const end = cursor.text.indexOf('\n', cursor.at);
  cursor.at = end === -1 ? cursor.text.length : end;
}
