import fs from 'node:fs';
import path from 'node:path';
import type { AttrsChange, CommitRecord, HandoverRequest, MachineStatus, RegionsNow } from '@damonlab/machine';
import type { HandoverRow } from '@damonlab/record';

/** What a run that goes on can be asked for, over the socket in its directory. Requests of all clients are served one after the other. */
export interface ControlApi {
  status(): MachineStatus;
  pause(): MachineStatus;
  resume(): MachineStatus;
  /** @throws UserError where the kernel refuses the attributes. */
  commit(change: AttrsChange): CommitRecord;
  /** Regions of the first kdamond as they are now. */
  snapshot(): RegionsNow[];
  /** @throws UserError (EBUSY) where the sharing rule forbids it, or while the run is paused. */
  handover(request: Omit<HandoverRequest, 'atNs'>): Promise<HandoverRow>;
  /** The run ends as by Ctrl-C. */
  stop(): MachineStatus;
}

/** The socket's name in a run directory; there only while the run goes on. */
export const CONTROL_SOCKET = 'control.sock';

/** Longest path that the system takes for a socket, bytes, with some to spare. */
export const MOST_PATH_BYTES = 100;

/** Where the socket of the run in `dir` is, through a link if its own path would be too long. */
export function socketOf(dir: string): string {
  const file = path.join(dir, CONTROL_SOCKET);
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() === true ? fs.readlinkSync(file) : file;
}
