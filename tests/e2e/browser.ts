/** What the tests of the dashboard share: Debian's Chromium, and a server as a user starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Browser, chromium, type Page } from 'playwright-core';
import { BIN } from './cli.js';
import { available } from './debian.js';

/** Whether pages can be looked at here; installs Debian's chromium when it may. */
export const HAS_CHROMIUM = available('chromium', 'chromium');

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
}

export interface Served {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** Start `damonlab serve` on a free port and wait until it says where it is. */
export function serveRuns(cwd: string, args: readonly string[] = []): Promise<Served> {
  const child: ChildProcess = spawn(process.execPath, [BIN, 'serve', '--port', '0', ...args], { cwd });
  const stop = () =>
    new Promise<void>((stopped) => {
      child.once('close', () => stopped());
      child.kill('SIGINT');
    });
  return new Promise((started, fail) => {
    let output = '';
    const onText = (text: string) => {
      output += text;
      const match = /(http:\S+\/)\?token=(\S+)/.exec(output);
      if (match !== null) started({ url: match[1], token: match[2], stop });
    };
    child.stdout?.setEncoding('utf8').on('data', onText);
    child.stderr?.setEncoding('utf8').on('data', onText);
    child.on('close', () => fail(new Error(`damonlab serve ended: ${output}`)));
  });
}

/** A page whose errors are collected: a test ends with none. */
export async function watchedPage(browser: Browser): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A refused request is what a test asks for; what the policy blocked is not.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(message.text());
  });
  return { page, errors };
}
