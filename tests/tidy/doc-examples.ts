/** Commands in the documents and what they print, as the documents say: a `sh` block, and the `text` block that follows it. */

export interface DocExample {
  /** The commands of a `sh` block, without comments. */
  readonly commands: readonly string[];
  /** The `text` block right behind it: what its only command prints. Null: not shown. */
  readonly output: string | null;
}

/** Stands in an output for lines that are left out. */
export const LEFT_OUT = '…';

const EXAMPLE = /^```sh\n([\s\S]*?)^```\n(?:\n?```text\n([\s\S]*?)^```\n)?/gm;

/** The examples of a document that start a command of ours. */
export function docExamples(markdown: string): DocExample[] {
  return [...markdown.matchAll(EXAMPLE)]
    .map(([, block, output]) => ({ commands: commandsOf(block), output: output ?? null }))
    .filter(({ commands }) => commands.length > 0);
}

function commandsOf(block: string): string[] {
  const lines = block.split('\n').map((line) => line.replace(/\s+#.*$/, '').trim());
  return lines.filter((line) => /^(npx damonlab|npm)\b/.test(line));
}

/**
 * What `printed` looks like in a document that shows as much of it as `shown` does: after lines left out, it goes on at the next
 * line that begins alike.
 */
export function excerpt(printed: string, shown: string): string {
  if (!shown.split('\n').includes(LEFT_OUT)) return printed;
  const lines = printed.trimEnd().split('\n');
  const parts: string[] = [];
  let next = 0;
  for (const line of shown.trimEnd().split('\n')) {
    const after = parts.length === 0 || parts[parts.length - 1] === LEFT_OUT;
    if (line !== LEFT_OUT && after && parts.length > 0)
      next = lines.findIndex((other, i) => i >= next && beginning(other) === beginning(line));
    if (next < 0) break;
    parts.push(line === LEFT_OUT ? line : lines[next++]);
  }
  return `${parts.join('\n')}\n`;
}

/** The first word, and after a `#` the second. */
function beginning(line: string): string {
  return line
    .split(/\s+/)
    .slice(0, line.startsWith('#') ? 2 : 1)
    .join(' ');
}
