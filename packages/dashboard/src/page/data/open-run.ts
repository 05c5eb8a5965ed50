import { JournalReader, type Manifest, type Run } from '@damonlab/record';
import type { RunEvent, RunInfo } from '../../api.js';
import { EMBEDDED_MANIFEST, EMBEDDED_RUN } from '../../embedded-ids.js';
import { apiPath, getBytes, getJson } from './client.js';

/** A run as far as it has come. */
export interface OpenRun {
  readonly run: Run;
  readonly info: RunInfo;
}

export type OnRun = (opened: OpenRun) => void;

/** Open a run of the server and follow it while it grows: `onRun` gets each newer state. Resolves when it has ended, or `signal` aborts. */
export async function openServedRun(id: string, onRun: OnRun, signal: AbortSignal): Promise<void> {
  for (;;) {
    const first = await getJson<RunInfo>(apiPath('runs', id), signal);
    let info = first;
    const reader = new JournalReader(id);
    let read = 0;
    const readOn = async () => {
      const bytes = await getBytes(`${apiPath('runs', id, 'journal')}?from=${read}`, signal);
      read += bytes.length;
      // A machine takes commands a little after its run has begun.
      if (info.live && info.commands.length === 0) info = await getJson<RunInfo>(apiPath('runs', id), signal);
      reader.push(bytes);
      onRun({ run: { ...reader.run(info.manifest) }, info });
    };
    await readOn();
    if (!first.live) return;
    await follow(id, readOn, () => read, signal);
    if (signal.aborted) return;
  }
}

/** Read on whenever there is more, one read at a time: what came in between is read with the next. Resolves when the run has ended. */
function follow(id: string, readOn: () => Promise<void>, read: () => number, signal: AbortSignal): Promise<void> {
  return new Promise((ended, fail) => {
    const events = new EventSource(apiPath('runs', id, 'events'));
    const close = () => {
      events.close();
      ended();
    };
    signal.addEventListener('abort', close);
    events.onerror = () => {
      // The browser tries again by itself, unless the server refused: then the next look at the run says why.
      if (events.readyState === EventSource.CLOSED) ended();
    };
    let newest: RunEvent | null = null;
    let busy = false;
    events.onmessage = async ({ data }) => {
      newest = JSON.parse(data) as RunEvent;
      if (busy) return;
      busy = true;
      try {
        while (newest !== null) {
          const { bytes, live } = newest as RunEvent;
          newest = null;
          if (!live) return close();
          if (bytes > read()) await readOn();
        }
      } catch (error) {
        events.close();
        fail(error);
      } finally {
        busy = false;
      }
    };
  });
}

/** The run that this page carries inside itself (`damonlab report html`); null: it has a server to ask. */
export async function openEmbeddedRun(): Promise<OpenRun | null> {
  const manifestText = document.getElementById(EMBEDDED_MANIFEST)?.textContent;
  const runText = document.getElementById(EMBEDDED_RUN)?.textContent;
  if (manifestText == null || runText == null) return null;
  const manifest = JSON.parse(manifestText) as Manifest;
  const deflated = Uint8Array.from(atob(runText.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = new JournalReader(manifest.name);
  reader.push(new Uint8Array(await new Response(stream).arrayBuffer()));
  return { run: reader.run(manifest), info: { manifest, live: false, commands: [] } };
}
