import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './files.js';

/** Each command that README.md tells people to type, and the file that runs it. */
const RUN_BY: Readonly<Record<string, string>> = {
  'npm start': 'infra/start.mjs',
  'npm test': '.ci/run',
  'npm run build': 'infra/lib.mjs',
  'npm run lint': 'infra/test.mjs',
  'npm run bench': 'infra/bench.mjs',
};

/** The lines of all ```sh blocks that start a command of ours, without a comment at their end. */
function commands(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1]);
  const lines = blocks
    .flatMap((block) => block.split('\n'))
    .map((line) =>
      line
        .replace(/\s+#.*$/, '')
        .replace(/^\$ /, '')
        .trim(),
    );
  return lines.filter((line) => /^(npx damonlab|npm)\b/.test(line));
}

it('finds the commands of a README', () => {
  const readme = 'text npm no\n```sh\nnpm start   # both steps\nnpx damonlab run a.cfg\nls\n```\n```json\nnpm no\n```\n';
  expect(commands(readme)).toEqual(['npm start', 'npx damonlab run a.cfg']);
});

it('every command in the README is run by something', () => {
  const readme = join(ROOT, 'README.md');
  const named = existsSync(readme) ? commands(readFileSync(readme, 'utf8')) : [];
  expect(named.filter((command) => RUN_BY[command] === undefined)).toEqual([]);
  for (const file of Object.values(RUN_BY)) expect(existsSync(join(ROOT, file)), file).toBe(true);
});
