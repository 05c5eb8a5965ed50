import type { OpenRun } from '../data/open-run.js';
import { useServedRun } from '../data/use-run.js';
import type { RunView } from '../model/route.js';
import { LiveControls } from './live-controls.js';
import { replace } from './router.js';
import { RunViewer, stateText } from './run-view.js';
import { Shown } from './states.js';

/** A run of the server, watched live while it goes on. */
export function RunPage({ id, view }: { readonly id: string; readonly view: RunView }) {
  const loaded = useServedRun(id);
  return (
    <Shown of={loaded} what={`run ${id}`}>
      {(opened) => (
        <>
          <RunHeader opened={opened} />
          {opened.info.live && <LiveControls id={id} commands={opened.info.commands} />}
          <RunViewer run={opened.run} view={view} onView={(next) => replace({ page: 'run', run: id, view: next })} />
        </>
      )}
    </Shown>
  );
}

export function RunHeader({ opened: { run, info } }: { readonly opened: OpenRun }) {
  const { manifest, live } = info;
  return (
    <header class="run-header">
      <h1>{run.name}</h1>
      <p data-part="state" class={live ? 'live' : run.state}>
        {stateText(run, live)}
      </p>
      <p>
        kernel {manifest.kernel}, seed {manifest.seed}, {run.snapshots.length} snapshots
      </p>
      {!live && run.reason !== null && <p class="reason">{run.reason}</p>}
    </header>
  );
}
