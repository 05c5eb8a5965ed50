import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnCli, withTempDir } from '@damonlab/testkit';
import { describe, expect, it } from 'vitest';
import { docExamples, excerpt } from './doc-examples.js';
import { ROOT } from './files.js';

/** Commands that take too long or would run themselves, and the file that runs them. */
const RUN_BY: Readonly<Record<string, string>> = {
  'npm start': 'infra/start.mjs',
  'npm start -- doctor': 'infra/start.mjs',
  'npm test': '.ci/run',
  'npm run build': 'infra/lib.mjs',
  'npm run lint': 'infra/test.mjs',
  'npm run bench': 'infra/bench.mjs',
  'npm run traces': 'infra/traces.mjs',
  'npx damonlab serve': 'tests/e2e/browser.ts',
  'npx damonlab serve --dir runs --port 8080 --host 0.0.0.0': 'tests/e2e/browser.ts',
};

/** What works on a captured trace needs QEMU. */
const runElsewhere = (command: string) => RUN_BY[command] !== undefined || /damonlab capture|\.dltrace/.test(command);

const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  ...['docs', 'docs/studies'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  ),
].filter((file) => existsSync(join(ROOT, file)));

/** Write what the commands print into the documents instead of comparing. */
const UPDATE = process.env.UPDATE_DOCS === '1';

/** All commands of a document together; a quick study alone takes half a minute on two cores that do nothing else. */
const SLOWEST_MS = 300_000;

describe.each(DOCUMENTS)('%s', (document) => {
  it('names only commands that work, and shows what they print', { timeout: SLOWEST_MS }, async () => {
    const file = join(ROOT, document);
    let markdown = readFileSync(file, 'utf8');
    await withTempDir(async (dir) => {
      symlinkSync(join(ROOT, 'scenarios'), join(dir, 'scenarios'));
      for (const { commands, output } of docExamples(markdown)) {
        let printed = '';
        for (const command of commands) if (!runElsewhere(command)) printed = await print(command, dir);
        if (output === null) continue;
        if (UPDATE) markdown = markdown.replace(`text\n${output}`, () => `text\n${excerpt(printed, output)}`);
        else expect(output).toBe(excerpt(printed, output));
      }
    });
    if (UPDATE) writeFileSync(file, markdown);
  });
});

async function print(command: string, cwd: string): Promise<string> {
  expect(command).toMatch(/^npx damonlab /);
  const { status, stdout, stderr } = await spawnCli(command.split(/\s+/).slice(2), { cwd });
  expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: expect.not.stringMatching(/^damonlab:/m) });
  return stdout;
}

it('commands that are run elsewhere are run there', () => {
  for (const file of [...Object.values(RUN_BY), 'tests/e2e/capture.test.ts']) expect(existsSync(join(ROOT, file)), file).toBe(true);
});
