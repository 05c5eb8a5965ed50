import { controlRun } from '@damonlab/lab';
import type { AttrsChange } from '@damonlab/machine';
import { COMMANDS, type ControlPort, type ControlRequest } from '@damonlab/serve';

/** Running machines, reached through the sockets in their run directories as `damonlab ctl` reaches them. */
export const socketControl: ControlPort = {
  commandsOf: (dir) =>
    controlRun(dir, (api) => api.status()).then(
      () => COMMANDS,
      () => [],
    ),
  send: async (dir, request) => {
    await controlRun(dir, (api) => act(api, request));
  },
};

type Api = Parameters<Parameters<typeof controlRun>[1]>[0];

function act(api: Api, { command, to, attrs = {} }: ControlRequest): Promise<unknown> {
  switch (command) {
    case 'pause':
      return api.pause();
    case 'resume':
      return api.resume();
    case 'commit':
      return api.commit(changeOf(attrs));
    case 'handover':
      return api.handover({ stop: USERS.filter((user) => user !== to), start: USERS.filter((user) => user === to) });
  }
}

const USERS = ['damon', 'numa_balancing'] as const;

/** Words of sysfs, and what the machine calls them. */
const ATTRS: Readonly<Record<string, keyof AttrsChange>> = {
  sample_us: 'sampleUs',
  aggr_us: 'aggrUs',
  ops_update_us: 'opsUpdateUs',
  min_nr_regions: 'minNrRegions',
  max_nr_regions: 'maxNrRegions',
};

function changeOf(attrs: Readonly<Record<string, number>>): AttrsChange {
  return Object.fromEntries(Object.entries(attrs).flatMap(([name, value]) => (Object.hasOwn(ATTRS, name) ? [[ATTRS[name], value]] : [])));
}
