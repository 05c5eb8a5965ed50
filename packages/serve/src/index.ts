export type { Command, ControlRequest, SweepChart, SweepEntry, SweepPoint } from '@damonlab/dashboard';
export { htmlReport } from './html-report.js';
export { type ControlPort, NO_CONTROL, NO_SWEEPS, type SweepPort } from './ports.js';
export { PortTaken, type RunningServer, type ServerOptions, startServer } from './server.js';
